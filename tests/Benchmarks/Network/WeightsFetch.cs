using E2LLM.Core.Weights;
using E2LLM.DataPlane.Sending;
using E2LLM.Gguf.Weights;
using E2LLM.Grains.Interfaces.Weights;
using E2LLM.Grains.Weights;
using Microsoft.Extensions.Logging.Abstractions;

namespace E2LLM.Benchmarks.Network;

/// <summary>Brings the first pieces of a model's weights from the other silo, as a silo without the file does, each time into an empty folder.</summary>
internal sealed class WeightsFetch(IGrainFactory grains, string modelId, string folder)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(0.2);

    private readonly PieceFetcher _fetcher = new(grains, modelId, null, new KvSenderOptions(), new WeightsOptions(), TimeProvider.System, NullLogger.Instance);
    private WeightsManifest? _manifest;

    /// <summary>Ends when the other silo has hashed the model and said so.</summary>
    public async Task FindAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        WeightsSource? source;
        while ((source = await grains.GetGrain<IWeightsGrain>(modelId).GetSourceAsync()) is null)
            await Task.Delay(LookPause, TimeProvider.System, limit.Token);
        _manifest = await _fetcher.GetManifestAsync(source, limit.Token);
    }

    /// <returns>Bytes a second, with connecting, hashing and writing.</returns>
    public async Task<double> RateAsync(long leastBytes)
    {
        var manifest = _manifest ?? throw new InvalidOperationException("Nobody has been found who has the weights.");
        var pieces = Enumerable.Range(0, Math.Min(manifest.PieceCount, (int)((leastBytes + manifest.PieceBytes - 1) / manifest.PieceBytes))).ToArray();
        try
        {
            using var mirror = new WeightsFolder(folder, new MirrorLimits { ReserveBytes = 0 }, TimeProvider.System).Mirror(manifest);
            mirror.FetchBy(_fetcher);
            using var limit = new CancellationTokenSource(Patience);
            var started = TimeProvider.System.GetTimestamp();
            (await mirror.HoldAsync(pieces, roomBytes: 0, "benchmark", limit.Token)).Dispose();
            return manifest.LengthOf(pieces) / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
