using System.Numerics;
using System.Runtime.InteropServices;

namespace E2LLM.Inference.Sampling;

/// <summary>Greedy choice straight from the logits; llama.cpp's sampler needs an array of candidates first.</summary>
internal static class Argmax
{
    /// <summary>Index of the largest value, the lowest one where several are equal, as llama.cpp's greedy sampler has it.</summary>
    public static int IndexOf(ReadOnlySpan<float> values)
    {
        var largest = float.NegativeInfinity;
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(values);
        var best = new Vector<float>(float.NegativeInfinity);
        foreach (var lane in lanes)
            best = Vector.Max(best, lane);
        for (var lane = 0; lane < Vector<float>.Count; lane++)
            largest = Math.Max(largest, best[lane]);
        foreach (var value in values[(lanes.Length * Vector<float>.Count)..])
            largest = Math.Max(largest, value);
        for (var index = 0; index < values.Length; index++)
            if (values[index] == largest)
                return index;
        return 0;
    }
}
