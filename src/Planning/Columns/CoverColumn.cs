using E2LLM.Core.Plans;

namespace E2LLM.Planning.Columns;

/// <summary>A kind of group: so many devices of each type, in a role. At most one entry a type.</summary>
/// <param name="Role">What the group does.</param>
/// <param name="Counts">Type and number of devices.</param>
internal sealed record CoverColumn(ReplicaRole Role, (int Type, int Count)[] Counts)
{
    public string Key { get; } = $"{(int)Role}:{string.Join(',', Counts.Select(entry => $"{entry.Type}x{entry.Count}"))}";
}
