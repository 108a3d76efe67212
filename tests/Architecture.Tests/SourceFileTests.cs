using System.Text.RegularExpressions;

namespace E2LLM.Architecture.Tests;

public sealed partial class SourceFileTests
{
    private const int MaxLines = 400;

    /// <summary>Files of small types that are read together; each says by its name that it is a family.</summary>
    private static readonly string[] Families = ["Messages.cs", "Reports.cs", "Effects.cs"];

    [Fact]
    public void SourceFiles_Length_IsAtMostFourHundredLines() =>
        Assert.Empty(Violations("src", lines => lines.Length > MaxLines ? $"{lines.Length} lines" : null));

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void SourceFiles_Namespaces_AreFileScoped(string folder) =>
        Assert.Empty(Violations(folder, lines => lines.Any(line => BlockNamespace().IsMatch(line)) ? "namespace with a block" : null));

    [Fact]
    public void SourceFiles_PublicTypes_AreAtMostOneAFileNamedAfterItOrAFamily() => Assert.Empty(
        Repository.Files("src", "*.cs").Where(path => !Families.Any(family => path.EndsWith(family, StringComparison.Ordinal))).SelectMany(path =>
        {
            // In a file-scoped namespace, a type that starts a line is not nested.
            var types = Repository.Lines(path).Select(line => PublicType().Match(line)).Where(match => match.Success)
                .Select(match => match.Groups["name"].Value).Distinct().ToArray();
            var file = Path.GetFileName(path);
            return types.Length > 1 ? [$"{path}: {string.Join(", ", types)}"]
                : types.Length == 1 && !file.StartsWith(types[0] + ".", StringComparison.Ordinal) ? new[] { $"{path}: {types[0]}" } : [];
        }));

    [Theory]
    [InlineData("namespace E2LLM.Core", true)]
    [InlineData("namespace E2LLM.Core {", true)]
    [InlineData("namespace E2LLM.Core;", false)]
    public void BlockNamespace_Line_IsTold(string line, bool isBlock) => Assert.Equal(isBlock, BlockNamespace().IsMatch(line));

    [Theory]
    [InlineData("public sealed record struct Point(int X);", "Point")]
    [InlineData("public sealed partial class Engine : IEngine", "Engine")]
    [InlineData("public static unsafe class Native", "Native")]
    [InlineData("public interface IStage<T>", "IStage")]
    [InlineData("public enum Kind", "Kind")]
    [InlineData("public delegate void Tap(int row);", "Tap")]
    [InlineData("    public sealed class Nested", "")]
    [InlineData("internal sealed class Hidden", "")]
    public void PublicType_Line_IsTold(string line, string name) => Assert.Equal(name, PublicType().Match(line).Groups["name"].Value);

    private static IEnumerable<string> Violations(string folder, Func<string[], string?> check) =>
        from path in Repository.Files(folder, "*.cs")
        let violation = check(Repository.Lines(path))
        where violation is not null
        select $"{path}: {violation}";

    [GeneratedRegex(@"^\s*namespace\s[^;]*$")]
    private static partial Regex BlockNamespace();

    [GeneratedRegex(@"^public (?:(?:sealed|static|abstract|partial|readonly|ref|unsafe|record) )*(?:class|record|struct|interface|enum|delegate [\w<>\[\]?]+) (?<name>\w+)")]
    private static partial Regex PublicType();
}
