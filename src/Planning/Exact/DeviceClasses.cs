namespace E2LLM.Planning.Exact;

/// <summary>Devices of the same type are interchangeable: of plans that differ in nothing else, one stands for all.</summary>
/// <param name="types">Type of each device.</param>
internal sealed class DeviceClasses(int[] types)
{
    /// <summary>Whether of each type the group takes the first free devices.</summary>
    public bool IsCanonical(int group, int free)
    {
        for (var set = free & ~group; set != 0; set &= set - 1)
        {
            var skipped = int.TrailingZeroCount(set);
            for (var later = group >> skipped >> 1 << skipped << 1; later != 0; later &= later - 1)
                if (types[int.TrailingZeroCount(later)] == types[skipped])
                    return false;
        }
        return true;
    }

    /// <summary>The free devices of a device's type: once one is left out, all later ones are.</summary>
    public int SameType(int free, int device)
    {
        var same = 0;
        for (var set = free; set != 0; set &= set - 1)
            if (types[int.TrailingZeroCount(set)] == types[device])
                same |= set & -set;
        return same;
    }
}
