namespace E2LLM.Gateway.Access;

/// <summary>An option that is a list: entries between commas, or "*" for all there are.</summary>
internal static class NameList
{
    public const string Any = "*";

    public static IReadOnlyList<string> Read(string option) =>
        option.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public static bool HasAny(IReadOnlyList<string> names) => names.Contains(Any);
}
