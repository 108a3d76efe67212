using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.Faults;

/// <summary>A request, and what its reader does.</summary>
/// <param name="Request">To the synthetic model.</param>
/// <param name="Reader">What becomes of its reader.</param>
/// <param name="AfterTokens">Tokens after which it cancels or leaves; 0 to cancel while the request starts.</param>
internal sealed record Life(GenerationRequest Request, Reader Reader, int AfterTokens)
{
    /// <summary>The life of this number: the same whenever seed and number are.</summary>
    public static Life Draw(int seed, int number)
    {
        var random = new Random(HashOf(seed, number));
        var maxTokens = 1 + random.Next(60);
        var request = Synthetic.Request($"life-{seed}-{number}", promptTokens: 1 + random.Next(80), maxTokens, seed: (uint)number) with
        {
            Priority = (RequestPriority)random.Next(-1, 2),
        };
        var reader = random.Next(10) switch { 0 or 1 => Reader.Cancels, 2 => Reader.Leaves, 3 => Reader.IsSlow, _ => Reader.Stays };
        return new Life(request, reader, reader == Reader.Leaves ? 1 + random.Next(maxTokens) : random.Next(maxTokens));
    }

    private static int HashOf(int seed, int number) => unchecked((seed * 7919) + (number * 104729));
}

internal enum Reader
{
    /// <summary>It reads to the end.</summary>
    Stays,

    /// <summary>It reads to the end, and lets chunks lie.</summary>
    IsSlow,

    /// <summary>It cancels, and reads to the end.</summary>
    Cancels,

    /// <summary>It ends its enumeration.</summary>
    Leaves,
}
