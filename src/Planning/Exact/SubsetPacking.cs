namespace E2LLM.Planning.Exact;

/// <summary>The most that disjoint groups within each set of devices are worth together. O(3^n / 2).</summary>
internal sealed class SubsetPacking
{
    private readonly ushort[] _group;

    /// <param name="weights">What each set is worth as one group; 0 where it is none.</param>
    public SubsetPacking(float[] weights)
    {
        Worth = new float[weights.Length];
        _group = new ushort[weights.Length];
        for (var set = 1; set < weights.Length; set++)
        {
            var lowest = set & -set;
            var rest = set ^ lowest;
            var (best, group) = (Worth[rest], 0);
            for (var others = rest; ; others = (others - 1) & rest)
            {
                var weight = weights[lowest | others];
                if (weight > 0 && weight + Worth[rest ^ others] is var candidate && candidate > best)
                    (best, group) = (candidate, lowest | others);
                if (others == 0)
                    break;
            }
            (Worth[set], _group[set]) = (best, (ushort)group);
        }
    }

    /// <summary>By set.</summary>
    public float[] Worth { get; }

    /// <summary>The groups of a set; the devices of none are left out.</summary>
    public IEnumerable<int> Groups(int set)
    {
        while (set != 0)
        {
            int group = _group[set];
            if (group == 0)
            {
                set &= set - 1;
                continue;
            }
            yield return group;
            set ^= group;
        }
    }
}
