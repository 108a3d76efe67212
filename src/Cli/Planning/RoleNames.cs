using E2LLM.Core.Plans;

namespace E2LLM.Cli.Planning;

/// <summary>Roles as people and documents write them.</summary>
internal static class RoleNames
{
    public static string Of(ReplicaRole role) => role.ToString().ToUpperInvariant();

    public static bool TryParse(string? text, out ReplicaRole role)
    {
        foreach (var candidate in Enum.GetValues<ReplicaRole>())
        {
            role = candidate;
            if (Of(candidate) == text)
                return true;
        }
        role = default;
        return false;
    }
}
