namespace E2LLM.Cli.Tests.Readme;

public sealed class ReadmeTests
{
    [Fact]
    public void Commands_OfTheReadme_AreOfAKindThatATestKnows()
    {
        Assert.NotEmpty(ReadmeFile.CliCommands);
        Assert.NotEmpty(ReadmeFile.CurlCommands);
        Assert.All(ReadmeFile.Commands, words => Assert.Contains(words[0], new[] { "dotnet", "curl" }));
    }

    [Fact]
    public void CliCommands_OfTheReadme_Parse() => Assert.All(ReadmeFile.CliCommands, arguments =>
        Assert.Empty(CommandLine.Create().Parse(arguments).Errors.Select(error => $"{string.Join(' ', arguments)}: {error.Message}")));

    [Fact]
    public void Projects_OfTheReadme_Exist()
    {
        var projects = ReadmeFile.Commands.Where(words => words.Contains("--project")).Select(words => words[Array.IndexOf(words, "--project") + 1]);

        Assert.All(projects, project => Assert.True(Directory.Exists(Path.Combine(ReadmeFile.Root, project)), $"There is no {project}."));
    }

    /// <summary>A fleet file that the README names either ships or is the reader's own.</summary>
    [Fact]
    public void FleetFiles_OfTheReadme_Exist()
    {
        var fleets = ReadmeFile.Commands.SelectMany(words => words).Where(word => word.StartsWith("fleets/", StringComparison.Ordinal));

        Assert.All(fleets, fleet => Assert.True(File.Exists(Path.Combine(ReadmeFile.Root, fleet)), $"There is no {fleet}."));
    }

    [Theory]
    [InlineData("a  b", new[] { "a", "b" })]
    [InlineData("a 'b \"c\"' \"d 'e'\"", new[] { "a", "b \"c\"", "d 'e'" })]
    [InlineData("a '' b # c", new[] { "a", "", "b" })]
    [InlineData("a#b x'y'z", new[] { "a#b", "xyz" })]
    [InlineData("# only a comment", new string[0])]
    public void ShellWords_Line_AreTheShells(string line, string[] words) => Assert.Equal(words, ShellWords.Split(line));
}
