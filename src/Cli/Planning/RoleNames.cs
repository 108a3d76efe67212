using E2LLM.Core.Plans;

namespace E2LLM.Cli.Planning;

/// <summary>Roles as people read them.</summary>
internal static class RoleNames
{
    public static string Of(ReplicaRole role) => role.ToString().ToUpperInvariant();
}
