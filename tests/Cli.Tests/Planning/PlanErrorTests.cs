using E2LLM.Core.Errors;

namespace E2LLM.Cli.Tests.Planning;

public sealed class PlanErrorTests
{
    [Theory]
    [InlineData("--fleet", "no-such-fleet", "paper-testbed")]
    [InlineData("--model", "no-such-model", "gpt-oss-20b")]
    [InlineData("--model", "llama-3.1-8b:q3", "q8_0")]
    [InlineData("--model", "missing.gguf", "missing.gguf")]
    [InlineData("--workload", "no-such-workload", "azure-conv")]
    [InlineData("--planner", "no-such-planner", "splitwise")]
    [InlineData("--planner", "e2llm,", "splitwise")]
    [InlineData("--like", "no-such-device", "raspberry-pi-5")]
    [InlineData("--runtime", "mlx", "llamasharp")]
    [InlineData("--profiles", "no-such-file", "no-such-file")]
    [InlineData("--compare", "no-such-file", "no-such-file")]
    [InlineData("--rate", "0", "workload.requestsPerSecond")]
    [InlineData("--rate", "NaN", "workload.requestsPerSecond")]
    [InlineData("--rate", "-1", "workload.requestsPerSecond")]
    [InlineData("--min-tokens-per-second", "-1", "minimumTokensPerSecond")]
    [InlineData("--min-tokens-per-second", "100000", "minimumTokensPerSecond")]
    [InlineData("--workload", "0/5", "workload.meanInputTokens")]
    [InlineData("--kv-cells", "0", "engine.kvCells")]
    [InlineData("--kv-cells", "100", "engine.kvCells")]
    [InlineData("--max-sequences", "1000", "engine.maxSequences")]
    [InlineData("--max-step-tokens", "0", "engine.maxStepTokens")]
    [InlineData("--max-sequence-tokens", "0", "engine.maxSequenceTokens")]
    [InlineData("--svg", "/no/such/folder/plan.svg", "--svg")]
    [InlineData("--html", "/no/such/folder/plan.html", "--html")]
    public async Task Run_BadOption_NamesIt(string option, string value, string named) =>
        await Refuses([.. Without(option), option, value], named);

    [Theory]
    [InlineData("", "no request in 0 lines")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n", "no request in 1 lines")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,5,5\n", "must have at least 2")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,5,5\n2,NaN,5\n", "line 3")]
    [InlineData("a,b\n1,2\n", "line 1")]
    public async Task Run_BadTrace_NamesTheLine(string trace, string named)
    {
        using var files = new PlanFiles();
        await Refuses([.. Without("--workload"), "--workload", files.Write("trace.csv", trace)], named);
    }

    [Theory]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "1 MiB" } ] }""", "short for the model")]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "0 B" } ] }""", "devices[0].memory")]
    [InlineData("""{ "devices": [ { "id": "a" } ] }""", "devices[0].memory")]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "-1 MiB" } ] }""", "devices[0].memory")]
    [InlineData("""{ "devices": [] }""", "devices")]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "9 MiB" }, { "id": "a", "memory": "9 MiB" } ] }""", "devices[1].id")]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "9 MiB" } ], "links": [ { "from": "a", "to": "b" } ] }""", "links[0]")]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "9 MiB" }, { "id": "b", "memory": "9 MiB" } ], "links": [ { "from": "a", "to": "b", "bandwidth": "1 MB/s" }, { "from": "b", "to": "a", "bandwidth": "2 MB/s" } ] }""", "contradict")]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "9 MiB", "slowdown": 1e300 } ] }""", "devices[0].slowdown")]
    [InlineData("{", "no valid JSON")]
    public async Task Run_BadFleet_NamesTheKey(string fleet, string named)
    {
        using var files = new PlanFiles();
        await Refuses([.. Without("--fleet"), "--fleet", files.Write("fleet.json", fleet)], named);
    }

    [Fact]
    public async Task Run_SearchBeyondTheTimeLimit_SaysSoAndPlansNothing() => await Refuses(
        ["--fleet", "campus-64", "--model", "gpt-oss-20b", "--workload", "extended", "--time-limit", "0.05"], "--time-limit 0.05 s");

    [Fact]
    public async Task Run_RequestLongerThanTheContext_IsRefused() =>
        await Refuses([.. Without("--workload"), "--workload", "extended"], "context of 384");

    [Fact]
    public async Task Run_RefusedRequest_WritesNoPicture()
    {
        using var files = new PlanFiles();
        await Refuses([.. PlanTool.Demo, "--kv-cells", "0", "--svg", files.Path("x.svg")], "engine.kvCells");
        Assert.False(File.Exists(files.Path("x.svg")));
    }

    [Theory]
    [InlineData("--svg", "/proc/plan.svg", "cannot be written")]
    [InlineData("--html", "/proc/plan.html", "cannot be written")]
    [InlineData("--svg", "/proc", "a folder")]
    [InlineData("--html", "", "must be a file")]
    public async Task Run_OutputThatCannotBeWritten_IsRefusedBeforeAnythingElse(string option, string path, string named)
    {
        // The request is wrong, too: it would be refused after the paths were looked at, and long before a search.
        string[] arguments = [.. PlanTool.Demo, "--kv-cells", "0", option, path];
        await Refuses(arguments, option);
        await Refuses(arguments, named);
    }

    [Fact]
    public async Task Run_OneFileForPictureAndPage_IsRefused()
    {
        using var files = new PlanFiles();
        await Refuses([.. PlanTool.Demo, "--svg", files.Path("x"), "--html", files.Path("x")], "must be two files");
    }

    [Fact]
    public async Task Run_OutputThatIsThere_IsKeptWhereTheRequestIsRefused()
    {
        using var files = new PlanFiles();
        var path = files.Write("plan.svg", "old");
        await Refuses([.. PlanTool.Demo, "--kv-cells", "0", "--svg", path], "engine.kvCells");
        Assert.Equal("old", await File.ReadAllTextAsync(path));
    }

    [Theory]
    [InlineData("3.5 GiB", new[] { "--kv-type", "f16", "--max-sequences", "16" })]
    [InlineData("3.3 GiB", new[] { "--kv-type", "q8_0", "--max-sequences", "40" })]
    [InlineData("3.3 GiB", new[] { "--kv-cells", "30000" })]
    [InlineData("3 GiB", new[] { "--kv-type", "f16", "--max-sequences", "16" })]
    [InlineData("3 GiB", new[] { "--max-sequences", "40" })]
    public async Task Run_FleetTooSmall_NamesOptionsThatHelp(string memory, string[] options)
    {
        using var files = new PlanFiles();
        string[] arguments = [.. Two(files, memory), .. options];
        var refusal = await Assert.ThrowsAsync<PlanningException>(() => PlanTool.RunAsync(arguments));

        var hint = refusal.Message[(refusal.Message.IndexOf(" It fits with ", StringComparison.Ordinal) + " It fits with ".Length)..].TrimEnd('.');
        foreach (var way in hint.Split(", or with "))
        {
            string[] changed = way.Split(' ');
            var kept = options.Chunk(2).Where(option => !changed.Contains(option[0])).SelectMany(option => option);
            Assert.Contains("capacity", await PlanTool.RunAsync([.. Two(files, memory), .. kept, .. changed]));
            // It is the most that fits: one sequence more does not.
            if (changed is ["--max-sequences", var most])
                await Refuses([.. Two(files, memory), .. kept, "--max-sequences", $"{int.Parse(most, System.Globalization.CultureInfo.InvariantCulture) + 1}"], $"It fits with --max-sequences {most}");
        }
    }

    [Fact]
    public async Task Run_FleetTooSmallForAnything_SaysThatNoOptionHelps()
    {
        using var files = new PlanFiles();
        await Refuses(Two(files, "1 GiB"), "Not even one sequence with --kv-type q8_0 fits");
    }

    private static string[] Two(PlanFiles files, string memory)
    {
        var fleet = $$"""{ "defaultLink": { "bandwidth": "1 Gbit/s" }, "devices": [ { "id": "a", "memory": "{{memory}}" }, { "id": "b", "memory": "{{memory}}" } ] }""";
        return ["--fleet", files.Write("fleet.json", fleet), "--model", "llama-3-8b-q4", "--workload", "576/588", "--rate", "0.01"];
    }

    [Theory]
    [InlineData("--fleet")]
    [InlineData("--model")]
    [InlineData("--workload")]
    public void Parse_WithoutARequiredOption_SaysSo(string option) => Assert.Contains(PlanTool.Errors(Without(option)), error => error.StartsWith(option, StringComparison.Ordinal));

    [Theory]
    [InlineData("--objective", "fastest")]
    [InlineData("--kv-type", "q3")]
    [InlineData("--time-limit", "0")]
    [InlineData("--time-limit", "NaN")]
    [InlineData("--seed", "x")]
    public void Parse_BadValue_IsAnError(string option, string value) => Assert.NotEmpty(PlanTool.Errors([.. PlanTool.Demo, option, value]));

    private static async Task Refuses(IEnumerable<string> arguments, string named)
    {
        var error = await Assert.ThrowsAnyAsync<E2LlmException>(() => PlanTool.RunAsync(arguments));
        Assert.Contains(named, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    /// <summary>The demo's arguments without one option and its value.</summary>
    private static IEnumerable<string> Without(string option)
    {
        for (var index = 0; index < PlanTool.Demo.Length; index += 2)
            if (PlanTool.Demo[index] != option)
            {
                yield return PlanTool.Demo[index];
                yield return PlanTool.Demo[index + 1];
            }
    }
}
