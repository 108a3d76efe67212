using E2LLM.Cli.Bench;
using E2LLM.Cli.Bench.Load;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Tests.Bench;

public sealed class BenchArgumentsTests
{
    [Fact]
    public void Read_Nothing_IsABoundedClosedLoop()
    {
        var settings = Read();

        Assert.Equal(new LoadSpec(LoadKind.Concurrency, 8), settings.Load);
        Assert.Equal(64, settings.Requests);
        Assert.Equal(60, settings.DurationSeconds);
        Assert.Equal((2, 0.1), (settings.Objective.TtftSeconds, settings.Objective.TpotSeconds));
    }

    [Fact]
    public void Read_Rate_IsAnOpenLoop() => Assert.Equal(new LoadSpec(LoadKind.Rate, 2.5), Read("--rate", "2.5", "--arrivals", "gamma").Load);

    [Fact]
    public void Read_SeveralErrors_ListsThemAll()
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(
            "--url", "ftp://x", "--rate", "0", "--concurrency", "4", "--requests", "0", "--burstiness", "NaN", "--timeout", "-1",
            "--prompt-file", "nowhere.txt"));

        Assert.All(
            new[] { "--url", "--rate is 0", "exclude each other", "--requests", "--burstiness", "--timeout", "nowhere.txt" },
            part => Assert.Contains(part, error.Message));
    }

    [Fact]
    public void Read_SweepOfATrace_IsRefused() => Assert.Contains("--sweep",
        Assert.Throws<ConfigurationException>(() => Read("--sweep", "--trace", "nowhere.csv")).Message);

    private static BenchSettings Read(params string[] arguments)
    {
        var options = new BenchArguments();
        var command = new System.CommandLine.Command("serve");
        options.AddTo(command);
        var parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        return options.Read(parsed);
    }
}
