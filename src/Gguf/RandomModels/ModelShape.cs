using E2LLM.Core.Models;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Slicing;

namespace E2LLM.Gguf.RandomModels;

/// <summary>The form of a model without its weights.</summary>
public sealed record ModelShape
{
    public required string Name { get; init; }

    /// <summary>GGUF's general.architecture; a supported one.</summary>
    public required string Architecture { get; init; }

    public required HyperParameters Sizes { get; init; }

    public float RopeBase { get; init; } = 10_000;

    /// <summary>RoPE base of layers with local attention.</summary>
    public float? RopeBaseSlidingWindow { get; init; }

    /// <summary>Whether the token embedding serves as the head too.</summary>
    public bool IsTied { get; init; }

    /// <summary>Whether there is a table of RoPE factors, as in Llama 3.</summary>
    public bool HasRopeFactors { get; init; }

    public bool HasQkvBias { get; init; }

    /// <summary>Whether query, key and value are one matrix.</summary>
    public bool HasFusedQkv { get; init; }

    internal IReadOnlyList<ExpectedTensor> Layout =>
        TensorLayout.Of(ModelArchitectures.Find(Architecture)!, Sizes, IsPresent);

    /// <summary>What planning needs to know about a model of this shape, without any file.</summary>
    /// <param name="weightType">Storage of the matrices.</param>
    public ModelSpec ToSpec(GgmlType weightType)
    {
        var architecture = ModelArchitectures.Find(Architecture)!;
        var hasWindows = architecture.SlidingWindowPattern != 0 && Sizes.SlidingWindowTokens != 0;
        var isLocal = hasWindows ? WindowPeriods.IsWindowed((uint)architecture.SlidingWindowPattern, 0, Sizes.LayerCount) : [];
        return ModelSpecReader.Compute(Name, architecture, Sizes, Layout, BytesOf, isLocal);

        long BytesOf(ExpectedTensor tensor)
        {
            var traits = GgmlTypeTraits.Of(RandomModel.TypeOf(tensor, weightType));
            return tensor.Shape.Skip(1).Aggregate(traits.RowBytes(tensor.Shape[0]), (bytes, extent) => checked(bytes * extent));
        }
    }

    private bool IsPresent(string name)
    {
        if (name == TensorNames.Output)
            return !IsTied;
        if (name == "rope_freqs.weight")
            return HasRopeFactors;
        return name.Split('.')[^2..] switch
        {
            ["attn_q" or "attn_k" or "attn_v", "bias"] => HasQkvBias,
            ["attn_qkv", "weight"] => HasFusedQkv,
            _ => false,
        };
    }
}
