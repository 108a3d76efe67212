using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Presets;

/// <summary>A device's times for a model from its arithmetic rate and memory bandwidth, where nothing was measured.</summary>
/// <remarks>
/// A call reads every weight that it needs once and does its arithmetic, and takes the longer of the two; decode reads the KV cache
/// of its context besides, in whatever type it is. The head counts two operations for each of its embedding length times vocabulary weights. Of a mixture of experts, n tokens need a share 1 - (1 - a)^n of the weights, where one token needs a.
/// </remarks>
public static class AnalyticProfile
{
    /// <summary>Cost of one engine call, on the order of what llama.cpp's graph building and a message take.</summary>
    public const double DefaultCallSeconds = 0.5e-3;

    private static readonly int[] ChunkTokens = [1, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096];
    private static readonly int[] BatchSequences = [1, 2, 4, 8, 16, 32, 64, 128, 256];
    private static readonly int[] ContextTokens = [0, 4096];
    private static readonly KvCacheType[] OtherKvTypes = [KvCacheType.F32, KvCacheType.Q8_0];

    public static DeviceProfile Create(DeviceSpec device, DevicePreset preset, ModelSpec model) =>
        Create(device, model, preset.FlopsPerSecond, preset.BytesPerSecond, preset.Cores);

    /// <param name="device">Its memory and slowdown count.</param>
    /// <param name="model">The layers.</param>
    /// <param name="flopsPerSecond">Arithmetic rate that is reached, not the listed peak.</param>
    /// <param name="bytesPerSecond">Memory bandwidth that is reached.</param>
    /// <param name="cores">For people.</param>
    public static DeviceProfile Create(DeviceSpec device, ModelSpec model, double flopsPerSecond, double bytesPerSecond, int cores)
    {
        var bytes = model.LayerBytes.Average(layer => (double)layer);
        var active = model.LayerActiveBytes.IsDefaultOrEmpty ? bytes : model.LayerActiveBytes.Average(layer => (double)layer);
        // Without a count of its own: two operations a weight, weights of about 4.5 bits.
        var flops = model.LayerFlopsPerToken.IsDefaultOrEmpty ? 2 * active * 8 / 4.5 : model.LayerFlopsPerToken.Average();
        double HeadSeconds(int rows) => device.SlowdownFactor
            * Math.Max(model.HeadBytes / bytesPerSecond, rows * 2.0 * model.EmbeddingLength * model.VocabularySize / flopsPerSecond);
        double Seconds(int tokens)
        {
            var read = bytes * (1 - Math.Pow(1 - Math.Min(1, active / bytes), tokens));
            return device.SlowdownFactor * Math.Max(read / bytesPerSecond, tokens * flops / flopsPerSecond);
        }
        ImmutableArray<DecodePoint> Decode(KvCacheType kvType)
        {
            var kvBytes = model.LayerKvBytesPerToken.Average(layer => (double)StageMemory.KvBytes(layer, kvType));
            return
            [
                .. ContextTokens.SelectMany(context => BatchSequences.Select(batch => new DecodePoint(
                    batch, context, Seconds(batch) + device.SlowdownFactor * batch * context * kvBytes / bytesPerSecond))),
            ];
        }
        return new DeviceProfile
        {
            DeviceId = device.Id,
            ModelId = model.Id,
            Source = ProfileSource.Analytic,
            MemoryBytes = device.MemoryBytes,
            Cores = cores,
            Prefill = [.. ChunkTokens.Select(tokens => new PrefillPoint(tokens, Seconds(tokens)))],
            Decode = Decode(KvCacheType.F16),
            DecodeByKvType = [.. OtherKvTypes.Select(kvType => new KvTypeDecode(kvType, Decode(kvType)))],
            CallSeconds = device.SlowdownFactor * DefaultCallSeconds,
            HeadSeconds = HeadSeconds(1),
            Head = [.. BatchSequences.Select(rows => new HeadPoint(rows, HeadSeconds(rows)))],
        };
    }
}
