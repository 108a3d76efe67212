namespace E2LLM.Planning.Genetic;

/// <summary>A plan as the genetic algorithm sees it: a permutation of the devices, cut into replicas of the given sizes.</summary>
/// <param name="Order">Every device once.</param>
/// <param name="Sizes">Devices of each replica; they add up to all.</param>
internal sealed record Chromosome(int[] Order, int[] Sizes)
{
    public static Chromosome Random(int devices, Random random)
    {
        int[] order = [.. Enumerable.Range(0, devices)];
        random.Shuffle(order);
        return new Chromosome(order, RandomSizes(devices, random));
    }

    public static int[] RandomSizes(int devices, Random random)
    {
        var sizes = new List<int>();
        for (var left = devices; left > 0; left -= sizes[^1])
            sizes.Add(random.Next(1, left + 1));
        return [.. sizes];
    }

    /// <summary>The replicas' devices, in pipeline order.</summary>
    public IEnumerable<int[]> Groups()
    {
        var first = 0;
        foreach (var size in Sizes)
        {
            yield return Order[first..(first + size)];
            first += size;
        }
    }

    /// <summary>The head of one parent and what is missing from the other; repaired so that each device occurs once and sizes add up.</summary>
    public static Chromosome Cross(Chromosome left, Chromosome right, Random random)
    {
        var devices = left.Order.Length;
        var cut = random.Next(devices + 1);
        var head = left.Order[..cut];
        int[] order = [.. head, .. right.Order.Except(head)];
        var sizeCut = random.Next(left.Sizes.Length + 1);
        return new Chromosome(order, Repair([.. left.Sizes[..sizeCut], .. right.Sizes.Skip(sizeCut)], devices));
    }

    /// <summary>One of the four mutations: swap two devices, redraw the tail of the sizes, all sizes, or both chromosomes.</summary>
    public Chromosome Mutate(Random random)
    {
        var devices = Order.Length;
        switch (random.Next(4))
        {
            case 0:
                var order = (int[])Order.Clone();
                var (left, right) = (random.Next(devices), random.Next(devices));
                (order[left], order[right]) = (order[right], order[left]);
                return this with { Order = order };
            case 1:
                var kept = Sizes[..random.Next(Sizes.Length)];
                var left1 = devices - kept.Sum();
                return this with { Sizes = [.. kept, .. RandomSizes(left1, random)] };
            case 2:
                return this with { Sizes = RandomSizes(devices, random) };
            default:
                return Random(devices, random);
        }
    }

    private static int[] Repair(int[] sizes, int devices)
    {
        var repaired = new List<int>();
        var left = devices;
        foreach (var size in sizes)
        {
            if (left == 0)
                break;
            repaired.Add(Math.Min(size, left));
            left -= repaired[^1];
        }
        if (left > 0)
            repaired.Add(left);
        return [.. repaired];
    }
}
