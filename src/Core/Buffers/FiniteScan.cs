using System.Numerics;
using System.Runtime.InteropServices;

namespace E2LLM.Core.Buffers;

/// <summary>Looks for values that would spread through a KV cache and what is computed from it: llama.cpp computes on with not-a-number and reports success.</summary>
public static class FiniteScan
{
    /// <summary>Index of the first NaN or infinity; -1 without one.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        // Zero times a finite value is zero; times NaN or infinity it is NaN, and NaN survives every further addition.
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(values);
        var sum = Vector<float>.Zero;
        foreach (var lane in lanes)
            sum += lane * Vector<float>.Zero;
        var start = float.IsNaN(Vector.Sum(sum)) ? 0 : lanes.Length * Vector<float>.Count;
        for (var index = start; index < values.Length; index++)
            if (!float.IsFinite(values[index]))
                return index;
        return -1;
    }

    /// <summary>Whether one of the values is no number. Infinities are: a model may rule a token out with a logit of minus infinity.</summary>
    public static bool HasNaN(ReadOnlySpan<float> values)
    {
        var start = IndexOfNonFinite(values);
        if (start < 0)
            return false;
        foreach (var value in values[start..])
            if (float.IsNaN(value))
                return true;
        return false;
    }
}
