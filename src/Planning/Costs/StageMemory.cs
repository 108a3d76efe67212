using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Costs;

/// <summary>Memory of a stage by its layer range, in <see cref="CutUnits"/>: weights, KV cache and scratch, from prefix sums.</summary>
public sealed class StageMemory
{
    private readonly long[] _weights;
    private readonly long[] _kv;

    public StageMemory(ModelSpec model, EngineSettings engine)
    {
        Model = model;
        Units = new CutUnits(model);
        LayerCount = Units.Count;
        _weights = new long[LayerCount + 1];
        _kv = new long[LayerCount + 1];
        LayerBytes = new long[LayerCount + 1];
        for (var unit = 0; unit < LayerCount; unit++)
        {
            (_weights[unit + 1], _kv[unit + 1]) = (_weights[unit], _kv[unit]);
            for (var layer = Units.LayerAt(unit); layer < Units.LayerAt(unit + 1); layer++)
            {
                _weights[unit + 1] = checked(_weights[unit + 1] + model.LayerBytes[layer]);
                _kv[unit + 1] = checked(_kv[unit + 1] + engine.KvCells * KvBytes(model.LayerKvBytesPerToken[layer], engine.KvType));
            }
            LayerBytes[unit + 1] = checked(_weights[unit + 1] + _kv[unit + 1]);
        }
        ScratchEachBytes = ScratchEstimate.EachStageBytes(model, engine);
        ScratchLastBytes = ScratchEstimate.LastStageBytes(model, engine);
    }

    public ModelSpec Model { get; }

    public CutUnits Units { get; }

    public int LayerCount { get; }

    /// <summary>Prefix sums [layers + 1] of weights and KV together.</summary>
    public long[] LayerBytes { get; }

    public long ScratchEachBytes { get; }

    public long ScratchLastBytes { get; }

    /// <summary>What every stage holds, whatever its layers.</summary>
    public long EachStageBytes => Model.SharedBytes + ScratchEachBytes;

    /// <summary>What the first stage holds besides.</summary>
    public long FirstStageBytes => Model.EmbeddingBytes;

    /// <summary>What the last stage holds besides.</summary>
    public long LastStageBytes => Model.HeadBytes + ScratchLastBytes;

    /// <summary>Bytes of all the parts on a single device.</summary>
    public long TotalBytes => StageBytes(0, LayerCount);

    /// <summary>Whether no stage takes more than with the other settings of the same model.</summary>
    internal bool IsAtMost(StageMemory other)
    {
        for (var layer = 0; layer < LayerCount; layer++)
            if (KvBytes(layer, layer + 1) > other.KvBytes(layer, layer + 1))
                return false;
        return EachStageBytes <= other.EachStageBytes && LastStageBytes <= other.LastStageBytes;
    }

    public long KvBytes(int first, int end) => _kv[end] - _kv[first];

    public long ScratchBytes(int end) => ScratchEachBytes + (end == LayerCount ? ScratchLastBytes : 0);

    /// <summary>All bytes of a stage that holds the layers [first, end).</summary>
    public long StageBytes(int first, int end) =>
        EachStageBytes + LayerBytes[end] - LayerBytes[first]
        + (first == 0 ? FirstStageBytes : 0)
        + (end == LayerCount ? LastStageBytes : 0);

    /// <summary>KV bytes of one token by the cache's element type; the model states them for F16.</summary>
    public static long KvBytes(long f16Bytes, KvCacheType type) => type switch
    {
        KvCacheType.F32 => 2 * f16Bytes,
        // 32 values in 34 bytes.
        KvCacheType.Q8_0 => (f16Bytes * 34 + 63) / 64,
        _ => f16Bytes,
    };
}
