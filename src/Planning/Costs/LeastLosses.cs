namespace E2LLM.Planning.Costs;

/// <summary>What it costs in layers to have some device of a group at one end of the pipeline: the least of all, and the least of the others.</summary>
internal struct LeastLosses()
{
    private int _best = int.MaxValue / 4;
    private int _second = int.MaxValue / 4;
    private int _at = -1;

    public void Add(int layers, int device)
    {
        if (layers < _best)
            (_best, _second, _at) = (layers, _best, device);
        else if (layers < _second)
            _second = layers;
    }

    /// <summary>The least for two different devices, one at each end.</summary>
    public static long OfBoth(LeastLosses first, LeastLosses last) =>
        first._at != last._at ? (long)first._best + last._best : Math.Min((long)first._best + last._second, (long)first._second + last._best);
}
