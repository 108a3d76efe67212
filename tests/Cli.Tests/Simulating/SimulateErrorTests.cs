using E2LLM.Cli.Tests.Planning;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Tests.Simulating;

public sealed class SimulateErrorTests
{
    [Theory]
    [InlineData("--requests", "0")]
    [InlineData("--requests", "1000001")]
    [InlineData("--seeds", "0")]
    [InlineData("--seeds", "101")]
    [InlineData("--rate", "0")]
    [InlineData("--rate", "NaN")]
    [InlineData("--rate", "-1")]
    [InlineData("--rates", "1,,2")]
    [InlineData("--rates", "1,x")]
    [InlineData("--rates", "1,1")]
    [InlineData("--rates", "0,1")]
    [InlineData("--gaps", "weekly")]
    [InlineData("--routing", "no-such-policy")]
    public void Parse_BadValue_NamesOptionAndValue(string option, string value) => Assert.Contains(
        SimulateTool.Errors([.. Without(option), option, value]), error => error.StartsWith(option, StringComparison.Ordinal) && error.Contains(value));

    [Theory]
    [InlineData("--burstiness 0 --gaps gamma", "--burstiness is 0, must be 0.0001 to 1,000.")]
    [InlineData("--burstiness 2", "--burstiness is of --gaps gamma.")]
    [InlineData("--rate 1 --rates 1,2", "--rate and --rates exclude each other.")]
    [InlineData("--rate-scale 2", "--rate-scale is of --trace.")]
    [InlineData("--trace t.csv", "--workload and --trace exclude each other.")]
    public void Parse_OptionsThatDoNotGoTogether_SaysSo(string options, string error) => Assert.Contains(error, SimulateTool.Errors([.. SimulateTool.Demo, .. options.Split(' ')]));

    [Theory]
    [InlineData("--rate-scale 0", "--rate-scale is 0, must be above 0 to 1,000,000.")]
    [InlineData("--rate-scale 2 --rate 3", "--rate-scale and --rate or --rates exclude each other.")]
    public void Parse_TraceOptionsThatMakeNoSense_SaysSo(string options, string error) =>
        Assert.Contains(error, SimulateTool.Errors([.. SimulateTool.Fleet, "--trace", "t.csv", .. options.Split(' ')]));

    [Theory]
    [InlineData("--fleet")]
    [InlineData("--model")]
    [InlineData("--workload")]
    public void Parse_WithoutARequiredOption_SaysSo(string option) =>
        Assert.Contains(SimulateTool.Errors(Without(option)), error => error.StartsWith(option, StringComparison.Ordinal) && error.Contains("required"));

    [Theory]
    [InlineData("--fleet", "no-such-fleet", "paper-testbed")]
    [InlineData("--model", "no-such-model", "gpt-oss-20b")]
    [InlineData("--workload", "no-such-workload", "azure-conv")]
    [InlineData("--planner", "no-such-planner", "splitwise")]
    [InlineData("--kv-cells", "0", "engine.kvCells")]
    [InlineData("--bandwidth", "30", "Gbit/s")]
    [InlineData("--bandwidth", "0 MB/s", "at least 1 byte/s")]
    [InlineData("--html", "/no/such/folder/a.html", "--html")]
    [InlineData("--csv", "/no/such/folder/a.csv", "--csv")]
    [InlineData("--csv", "/no/such/folder/new/", "--csv")]
    [InlineData("--png", "/no/such/folder/new", "--png")]
    [InlineData("--png", "/proc/new", "--png")]
    [InlineData("--chrome-trace", "/proc/t.json", "--chrome-trace")]
    public async Task Run_BadOption_NamesIt(string option, string value, string named)
    {
        var error = await Assert.ThrowsAnyAsync<E2LlmException>(() => SimulateTool.RunAsync([.. Without(option), option, value]));
        Assert.Contains(named, error.Message);
        Assert.Contains(named == "engine.kvCells" ? "0" : value, error.Message);
    }

    [Fact]
    public async Task Run_OneFileForTwo_IsRefused()
    {
        using var files = new PlanFiles();
        var error = await Assert.ThrowsAnyAsync<E2LlmException>(() => SimulateTool.RunAsync([.. SimulateTool.Demo, "--html", files.Path("x"), "--chrome-trace", files.Path("x")]));
        Assert.Contains("--html and --chrome-trace are both", error.Message);
    }

    [Fact]
    public async Task Run_TraceThatIsNotThere_NamesIt()
    {
        var error = await Assert.ThrowsAnyAsync<E2LlmException>(() => SimulateTool.RunAsync([.. SimulateTool.Fleet, "--trace", "no-such-trace.csv"]));
        Assert.Contains("--trace is 'no-such-trace.csv'", error.Message);
    }

    [Fact]
    public async Task Run_FleetThatIsTooSmall_SaysWhatHelps()
    {
        using var files = new PlanFiles();
        var fleet = files.Write("fleet.json", """{ "devices": [ { "id": "a", "memory": "1 GiB" } ] }""");
        var error = await Assert.ThrowsAnyAsync<E2LlmException>(() => SimulateTool.RunAsync("--fleet", fleet, "--model", "llama-3-8b-q4", "--workload", "576/588"));
        Assert.Contains("Not even one sequence with --kv-type q8_0 fits", error.Message);
    }

    /// <summary>The demo's arguments without one option and its value.</summary>
    private static IEnumerable<string> Without(string option) =>
        SimulateTool.Demo.Chunk(2).Where(pair => pair[0] != option).SelectMany(pair => pair);
}
