using System.Globalization;
using System.Text.RegularExpressions;

namespace E2LLM.Cli.Namespaces;

/// <summary>What the namespaces and interfaces of a process are called, so that those of one that was killed are known.</summary>
internal static partial class NamespaceNames
{
    /// <summary>Of the process's own end, outside of all namespaces. At most 15 characters.</summary>
    public static string OwnInterface(int processId) => string.Create(CultureInfo.InvariantCulture, $"e2llm{processId}");

    public static string Namespace(int processId, int member) => string.Create(CultureInfo.InvariantCulture, $"e2llm-{processId}-{member}");

    /// <summary>Before it is moved into its namespace.</summary>
    public static string MemberInterface(int processId, int member) => string.Create(CultureInfo.InvariantCulture, $"e2l{processId}n{member}");

    /// <param name="list">As <c>ip netns list</c> writes it.</param>
    /// <param name="lives">Whether a process lives.</param>
    /// <returns>Namespaces of processes that do not.</returns>
    public static string[] Left(string list, Predicate<int> lives) =>
    [
        .. Own().Matches(list).Where(match => !lives(int.Parse(match.Groups["process"].ValueSpan, CultureInfo.InvariantCulture)))
            .Select(match => match.Groups["name"].Value),
    ];

    [GeneratedRegex(@"^(?<name>e2llm-(?<process>\d{1,9})-\d+)(?: |$)", RegexOptions.Multiline)]
    private static partial Regex Own();
}
