using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Sending;
using E2LLM.DataPlane.Weights;
using E2LLM.Grains.Interfaces.Weights;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Weights;

/// <summary>
/// Brings pieces of a model from other silos: asks the fog who has any, and them over the data port. Goes on when somebody comes who has what is
/// missing; what has come stays, however it ends.
/// </summary>
/// <param name="grains">Of the fog, from within a silo or as a client.</param>
/// <param name="modelId">Whose weights.</param>
/// <param name="ownSilo">Is not asked; null: this is no silo yet.</param>
/// <param name="sender">How long connections may take, and their TLS.</param>
public sealed partial class PieceFetcher(
    IGrainFactory grains, string modelId, string? ownSilo, KvSenderOptions sender, WeightsOptions options, TimeProvider time, ILogger logger) : IPieceFetcher
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(30);

    /// <summary>How long a holder is avoided that gave what was no piece.</summary>
    private static readonly TimeSpan AvoidTime = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _avoided = [];
    private int _rounds;

    public async Task FetchAsync(PieceOrder order, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        var fetch = new PieceFetch(order, sender, time);
        var wanted = order.Manifest.LengthOf(order.Pieces);
        var begun = time.GetTimestamp();
        LogBegins(modelId, order.What, wanted);
        await using var progress = time.CreateTimer(_ => LogProgress(modelId, order.What, fetch.CameBytes, wanted), null, ProgressPeriod, ProgressPeriod);
        var (lastBytes, lastMove, said) = (0L, begun, "");
        while (!fetch.IsDone)
        {
            var reason = await AskAsync(fetch, order, cancellationToken).ConfigureAwait(false);
            foreach (var silo in fetch.Avoided)
                Avoid(silo);
            if (fetch.IsDone)
                break;
            if (fetch.CameBytes > lastBytes)
                (lastBytes, lastMove) = (fetch.CameBytes, time.GetTimestamp());
            else if (time.GetElapsedTime(lastMove).TotalSeconds >= options.PatienceSeconds)
                throw new E2LlmException(
                    $"{order.What} of {modelId} could not be fetched: {wanted - lastBytes} of {wanted} bytes are missing, and nothing has come for {options.PatienceSeconds} s " +
                    $"(E2LLM:Weights:PatienceSeconds). {reason}.", mayRetry: true);
            if (reason != said)
                LogWaits(modelId, order.What, reason);
            said = reason;
            await Task.Delay(RetryPause, time, cancellationToken).ConfigureAwait(false);
        }
        var seconds = time.GetElapsedTime(begun).TotalSeconds;
        LogCame(modelId, order.What, wanted, seconds, wanted / Math.Max(seconds, 1e-6) / 1e6, fetch.Sources);
    }

    /// <summary>Gets the manifest from any of the holders.</summary>
    /// <exception cref="E2LlmException">None of them gives it; says why not.</exception>
    public async Task<WeightsManifest> GetManifestAsync(WeightsSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var faults = new List<string>();
        foreach (var holder in source.Holders)
        {
            try
            {
                await using var connection = await PieceConnection.OpenAsync(holder.Host, holder.Port, source.Root, sender, time, cancellationToken).ConfigureAwait(false);
                await using var abort = cancellationToken.Register(connection.Abort);
                return WeightsManifest.Parse(await connection.GetManifestAsync(source.ManifestBytes).ConfigureAwait(false), source.Root);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested
                && error is IOException or InvalidDataException or ObjectDisposedException or ModelFileException or ArgumentOutOfRangeException)
            {
                faults.Add($"{holder.Silo}: {error.Message}");
            }
        }
        throw new E2LlmException($"The manifest of {modelId} could not be fetched. {string.Join("; ", faults)}", mayRetry: true);
    }

    /// <returns>Why not all has come, where it has not.</returns>
    private async Task<string> AskAsync(PieceFetch fetch, PieceOrder order, CancellationToken cancellationToken)
    {
        WeightsSource? source;
        try
        {
            source = await grains.GetGrain<IWeightsGrain>(modelId).GetSourceAsync().WaitAsync(AskPatience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OrleansException or TimeoutException or E2LlmException)
        {
            return $"The fog cannot be asked who has them: {error.Message}";
        }
        if (source is null)
            return "No silo has any of it";
        if (source.Root != order.Manifest.Root)
            return $"The fog serves another model under the name of {modelId} by now; start this silo anew";
        WeightsHolder[] others = [.. source.Holders.Where(holder => holder.Silo != ownSilo && !IsAvoided(holder.Silo))];
        if (others.Length == 0)
            return "No other silo has any of it, but for those that gave wrong pieces";
        await fetch.AskAsync(Some(others), options.ConnectionsPerHolder, cancellationToken).ConfigureAwait(false);
        return fetch.Faults;
    }

    /// <summary>The first, who has everything if anybody has, and of the others each time the next few: not everybody asks the same.</summary>
    private WeightsHolder[] Some(WeightsHolder[] holders)
    {
        if (holders.Length <= options.MaxHolders)
            return holders;
        var start = _rounds++ * (options.MaxHolders - 1) + (ownSilo?.Sum(letter => letter) ?? 0);
        return [holders[0], .. Enumerable.Range(start, options.MaxHolders - 1).Select(index => holders[1 + (index % (holders.Length - 1))])];
    }

    private bool IsAvoided(string silo)
    {
        lock (_gate)
            return _avoided.TryGetValue(silo, out var since) && time.GetElapsedTime(since) < AvoidTime;
    }

    private void Avoid(string silo)
    {
        lock (_gate)
        {
            if (_avoided.TryGetValue(silo, out var since) && time.GetElapsedTime(since) < AvoidTime)
                return;
            _avoided[silo] = time.GetTimestamp();
        }
        LogAvoided(silo, modelId, AvoidTime.TotalMinutes);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Fetching weights of {Model}: {What}, {Bytes} bytes.")]
    private partial void LogBegins(string model, string what, long bytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Weights of {Model}: {Came} of {Bytes} bytes of {What} have come.")]
    private partial void LogProgress(string model, string what, long came, long bytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Weights of {Model}: {What} came, {Bytes} bytes in {Seconds:0.0} s ({MegabytesPerSecond:0.0} MB/s) from {Silos}.")]
    private partial void LogCame(string model, string what, long bytes, double seconds, double megabytesPerSecond, string silos);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Weights of {Model}: {What} has to wait. {Reason}.")]
    private partial void LogWaits(string model, string what, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Silo {Silo} gave as a piece of {Model} what is none; it is not asked for {Minutes} minutes.")]
    private partial void LogAvoided(string silo, string model, double minutes);
}
