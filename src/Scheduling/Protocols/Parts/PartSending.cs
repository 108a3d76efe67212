using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.Parts;

/// <summary>Updates of a part that are sent to its reader together.</summary>
/// <param name="Part">Whose they are.</param>
/// <param name="From">Number of the first one.</param>
/// <param name="Updates">In order.</param>
public readonly record struct PartSending(PartState Part, int From, ImmutableArray<PartUpdate> Updates)
{
    internal static PartSending Take(PartState part)
    {
        var (from, updates) = part.Feed.Take();
        return new PartSending(part, from, updates);
    }
}
