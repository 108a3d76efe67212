namespace E2LLM.Gguf.Slicing;

/// <summary>Layers with a sliding window as llama.cpp's releases before lists knew them: by a period, counted from the file's first layer.</summary>
public static class WindowPeriods
{
    /// <summary>
    /// The least period of cuts that leaves every slice with a period of windowed layers: slices begin at multiples of it, and end there or
    /// with the model. All layers where there is none.
    /// </summary>
    /// <param name="isWindowed">By layer; empty where none has a window.</param>
    public static int CutPeriodLayers(bool[] isWindowed) =>
        isWindowed.Length == 0 ? 1 : Enumerable.Range(1, isWindowed.Length).First(period => period == isWindowed.Length || HavePeriods(isWindowed, period));

    /// <summary>The layers of a period: the last of each is global, and all are windowed where it is 0.</summary>
    public static bool[] IsWindowed(uint period, int firstLayer, int layerCount)
    {
        var isWindowed = new bool[layerCount];
        for (var i = 0; i < layerCount; i++)
            isWindowed[i] = period == 0 || (uint)(firstLayer + i) % period < period - 1;
        return isWindowed;
    }

    /// <summary>A period that gives these layers when it is counted from the first one; null where there is none.</summary>
    public static uint? Find(bool[] isWindowed)
    {
        for (var period = 0u; period <= (uint)isWindowed.Length + 1; period++)
            if (IsWindowed(period, 0, isWindowed.Length).AsSpan().SequenceEqual(isWindowed))
                return period;
        return null;
    }

    private static bool HavePeriods(bool[] isWindowed, int cutPeriod)
    {
        for (var first = 0; first < isWindowed.Length; first += cutPeriod)
        {
            for (var end = first + cutPeriod; end < isWindowed.Length; end += cutPeriod)
                if (Find(isWindowed[first..end]) is null)
                    return false;
            if (Find(isWindowed[first..]) is null)
                return false;
        }
        return true;
    }
}
