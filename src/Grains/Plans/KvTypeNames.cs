using E2LLM.Core.Plans;

namespace E2LLM.Grains.Plans;

/// <summary>Names of KV cache types in configuration.</summary>
public static class KvTypeNames
{
    public const string Auto = "auto";

    public const string Default = "f16";

    /// <summary>The valid names.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<KvCacheType>().Select(kvType => kvType.ToString().ToLowerInvariant()), Auto];

    /// <summary>Null for <see cref="Auto"/>.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    public static KvCacheType? Parse(string name) => name == Auto ? null : Enum.Parse<KvCacheType>(name, ignoreCase: true);
}
