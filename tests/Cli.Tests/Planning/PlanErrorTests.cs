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
