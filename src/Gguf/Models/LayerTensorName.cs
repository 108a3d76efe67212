using System.Globalization;

namespace E2LLM.Gguf.Models;

/// <summary>Names of tensors that belong to a layer: "blk.7.attn_q.weight".</summary>
internal static class LayerTensorName
{
    private const string Start = "blk.";

    public static string Prefix(int layer) => string.Create(CultureInfo.InvariantCulture, $"{Start}{layer}.");

    /// <summary>False for tensors outside the layers, and for layer numbers that are not written in the usual way ("blk.07.").</summary>
    public static bool TryParse(string name, out int layer, out string suffix)
    {
        (layer, suffix) = (-1, "");
        if (!name.StartsWith(Start, StringComparison.Ordinal) || name.IndexOf('.', Start.Length) is var dot && dot < 0)
            return false;
        if (!int.TryParse(name.AsSpan(Start.Length, dot - Start.Length), NumberStyles.None, CultureInfo.InvariantCulture, out layer))
            return false;
        suffix = name[(dot + 1)..];
        return name.StartsWith(Prefix(layer), StringComparison.Ordinal);
    }
}
