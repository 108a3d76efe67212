using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Receiving;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Weights;
using E2LLM.Scheduling.Protocols.Fleets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Weights;

/// <summary>Gives this silo's weights out to others, tells them so, and takes its leave.</summary>
internal sealed partial class WeightsReporter(
    IGrainFactory grains,
    LocalWeights local,
    KvDataPort dataPort,
    ILocalSiloDetails silo,
    ISiloStatusOracle silos,
    IOptions<FleetTimes> times,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<WeightsReporter> logger) : BackgroundService
{
    private const int RenewalsPerLease = 4;

    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(2);

    private string _otherSilo = "";

    private IWeightsGrain Weights => grains.GetGrain<IWeightsGrain>(local.ModelId);

    private long Incarnation => silo.SiloAddress.Generation;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        try
        {
            await lifetime.StartedAsync(stopping.Token);
            var source = await local.OpenAsync(stopping.Token);
            dataPort.Weights.Add(source);
            LogHolds(local.ModelId, source.Manifest.Root[..12], source.Manifest.PieceCount);
            await ReportAsync(source, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            if (lifetime.ApplicationStarted.IsCancellationRequested && silos.GetActiveSilos().Length > 1)
                await Weights.LeaveAsync(silo.Name, Incarnation).WaitAsync(LeaveTime, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (E2LlmException error)
        {
            // The silo serves all the same: it only gives nothing to others.
            LogNotShared(local.ModelId, error.Message);
        }
    }

    private async Task ReportAsync(IPieceSource source, CancellationToken cancellationToken)
    {
        var isSilenced = false;
        while (true)
        {
            try
            {
                var answer = await Weights.OfferAsync(Offer(source)).WaitAsync(cancellationToken);
                if (answer.OtherSilo != _otherSilo && answer.OtherSilo.Length > 0)
                    LogOther(local.ModelId, answer.OtherSilo);
                (_otherSilo, isSilenced) = (answer.OtherSilo, false);
            }
            catch (Exception error) when (error is OrleansException or TimeoutException or E2LlmException)
            {
                // Said once an outage.
                if (!isSilenced)
                    LogNotHeard(local.ModelId, error.Message);
                isSilenced = true;
            }
            await Task.Delay(TimeSpan.FromSeconds(times.Value.LeaseSeconds / RenewalsPerLease), time, cancellationToken);
        }
    }

    private WeightsOffer Offer(IPieceSource source) => new()
    {
        Silo = silo.Name,
        Incarnation = Incarnation,
        Root = source.Manifest.Root,
        ManifestBytes = source.Manifest.Bytes.Length,
        Host = dataPort.Host,
        Port = dataPort.Port,
        IsWhole = source.IsWhole,
        Progress = local.Progress(source),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Other silos can have the weights of {Model} from here (manifest {Root}, {Pieces} pieces).")]
    private partial void LogHolds(string model, string root, int pieces);

    [LoggerMessage(Level = LogLevel.Error, Message = "Silo {Other} has other files under the name of {Model} than this one: what devices of the two make together is no answer. Give all silos the same model.")]
    private partial void LogOther(string model, string other);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The weights of {Model} are not given to other silos: {Reason}")]
    private partial void LogNotShared(string model, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Other silos cannot be told of the weights of {Model}, trying again: {Reason}")]
    private partial void LogNotHeard(string model, string reason);
}
