using System.Globalization;
using System.Text.Json;
using E2LLM.Cli.Tests.Readme;

namespace E2LLM.Cli.Tests.Simulating;

/// <summary>Simulations give the same figures everywhere: those in the documents are what their commands say today.</summary>
public sealed class DocumentedFiguresTests
{
    [Fact]
    public async Task Example_OfTheSimulationPage_IsWhatTheCommandWrites()
    {
        const string page = "docs/simulation.md";
        var blocks = Read(page).Split("## An example\n")[1].Split("```");

        var written = Lines(await SimulateTool.RunAsync(Arguments(page, command => blocks[1].Contains(string.Join(' ', command), StringComparison.Ordinal))));

        Assert.Equal(Lines(blocks[3]), written);
    }

    /// <summary>Two planners of the report stand for all: those that are planned in no time.</summary>
    [Fact]
    public Task Table_OfTheAblationReport_IsWhatItsCommandSays() =>
        AssertTableAsync("docs/experiments/ablation.md", "| planner | 1/s", ["e2llm-dp", "memory-proportional"], cells => cells.Select(Figures));

    /// <summary>As above; the planner that ours is measured against is one of them.</summary>
    [Fact]
    public Task Table_OfThePaperReport_IsWhatItsCommandSays() => AssertTableAsync(
        "docs/experiments/paper.md", "| planner | 0.5 s", ["splitwise", "single-pipeline"],
        cells => cells.Reverse().Select(cell => $"{MeanWithin(cell, "waitSeconds")}; {Mean(cell, "ttftSeconds")}; {MeanWithin(cell, "endToEndSeconds")}"));

    /// <summary>One cell of the table on links.</summary>
    [Fact]
    public async Task Cell_OfTheSensitivityReport_IsWhatItsCommandSays()
    {
        const string file = "docs/experiments/sensitivity.md";

        using var found = await CellsAsync(file, ["splitwise"], command => command.Contains("--bandwidth"));

        var cell = Assert.Single(CellsOf(found, "splitwise"));
        Assert.Equal(
            Row(file, "| planner | 10 MB/s | 30 MB/s", "splitwise").Split(" | ")[2],
            Figures(cell));
    }

    /// <param name="file">The report.</param>
    /// <param name="table">How its table begins.</param>
    /// <param name="planners">Whose rows are compared.</param>
    /// <param name="columns">Of a planner's cells, the lowest rate first.</param>
    private static async Task AssertTableAsync(string file, string table, string[] planners, Func<IEnumerable<JsonElement>, IEnumerable<string>> columns)
    {
        using var found = await CellsAsync(file, planners);

        Assert.All(planners, planner => Assert.Equal(Row(file, table, planner), $"| {planner} | {string.Join(" | ", columns(CellsOf(found, planner)))} |"));
    }

    private static string Figures(JsonElement cell) => $"{Mean(cell, "waitSeconds")}; {Mean(cell, "ttftSeconds")}; {MeanWithin(cell, "endToEndSeconds")}";

    private static async Task<JsonDocument> CellsAsync(string file, string[] planners, Func<string[], bool>? isWanted = null)
    {
        var command = Arguments(file, isWanted ?? (_ => true));
        command[Array.IndexOf(command, "--planner") + 1] = string.Join(',', planners);
        return JsonDocument.Parse(await SimulateTool.RunAsync([.. command, "--json"]));
    }

    /// <summary>By rate, the lowest first.</summary>
    private static JsonElement[] CellsOf(JsonDocument found, string planner) =>
    [
        .. found.RootElement.GetProperty("cells").EnumerateArray()
            .Where(cell => cell.GetProperty("planner").GetString() == planner)
            .OrderBy(cell => cell.GetProperty("requestsPerSecond").GetDouble()),
    ];

    /// <summary>A planner's row of the first table that begins so.</summary>
    private static string Row(string file, string table, string planner)
    {
        var report = Read(file);
        return report[report.IndexOf("\n" + table, StringComparison.Ordinal)..].Split('\n').First(line => line.StartsWith($"| {planner} |", StringComparison.Ordinal));
    }

    private static string Mean(JsonElement cell, string name) => Short(cell.GetProperty(name).GetProperty("mean").GetDouble());

    private static string MeanWithin(JsonElement cell, string name) => $"{Mean(cell, name)} ±{Short(cell.GetProperty(name).GetProperty("meanHalfWidth").GetDouble())}";

    private static string Short(double value) => value.ToString(value < 10 ? "F2" : value < 100 ? "F1" : "F0", CultureInfo.InvariantCulture);

    /// <summary>What follows the name of the document's one such command.</summary>
    private static string[] Arguments(string file, Func<string[], bool> isWanted)
    {
        var command = ReadmeFile.CommandsOf(file).Single(isWanted);
        return command[(Array.IndexOf(command, "simulate") + 1)..];
    }

    private static string[] Lines(string text) => [.. text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];

    private static string Read(string path) => File.ReadAllText(Path.Combine(ReadmeFile.Root, path));
}
