using System.Globalization;
using System.Text.Json;
using E2LLM.Cli.Tests.Planning;

namespace E2LLM.Cli.Tests.Simulating;

public sealed class SimulateTests
{
    private const int MaxColumns = 120;

    private const string Trace = "TIMESTAMP,ContextTokens,GeneratedTokens\n0,60,90\n1,20,30\n2,100,10\n3,64,96\n4,500,10\n";

    [Fact]
    public async Task Text_TwoPlanners_ShowsTheirFiguresWithIntervalsWithinTheWidth()
    {
        var text = await SimulateTool.RunAsync(SimulateTool.Demo);

        Assert.All(["colocated", "splitwise", "wait", "TTFT", "TPOT", "end to end", "in time", "goodput", "KV moved", "±", "fog-server"], word => Assert.Contains(word, text));
        var flat = Flat(text);
        Assert.Contains("Means over 2 runs of 20 requests", flat);
        Assert.Contains("simulated on a virtual clock, from analytic profiles", flat);
        Assert.Contains("splitwise-mixed-pool (splitwise)", flat);
        Assert.Contains("With colocated requests end ", flat);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, MaxColumns));
    }

    [Fact]
    public async Task Text_AllPlannersAtSeveralRates_StaysWithinTheWidth()
    {
        var text = await SimulateTool.RunAsync([.. SimulateTool.With("all"), "--rates", "0.25,2,8.5"]);

        Assert.Contains("Mean wait by requests/s", text);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, MaxColumns));
    }

    [Fact]
    public async Task Json_TwoRates_HoldsACellForEachPlannerWithIntervalsAndDistributions()
    {
        using var json = JsonDocument.Parse(await SimulateTool.RunAsync([.. SimulateTool.Demo, "--rates", "1,4", "--json"]));
        var root = json.RootElement;

        Assert.Equal("e2llm-simulation/1", root.GetProperty("format").GetString());
        Assert.Equal((20, 2), (root.GetProperty("experiment").GetProperty("requestsPerRun").GetInt32(), root.GetProperty("experiment").GetProperty("runs").GetInt32()));
        var cells = root.GetProperty("cells").EnumerateArray().ToArray();
        Assert.Equal(
            [("colocated", 1.0), ("splitwise", 1), ("colocated", 4), ("splitwise", 4)],
            cells.Select(cell => (cell.GetProperty("planner").GetString()!, cell.GetProperty("requestsPerSecond").GetDouble())));
        foreach (var cell in cells)
        {
            var end = cell.GetProperty("endToEndSeconds");
            Assert.True(end.GetProperty("meanHalfWidth").GetDouble() > 0);
            double[] distribution = [.. end.GetProperty("distribution").EnumerateArray().Select(value => value.GetDouble())];
            Assert.Equal(101, distribution.Length);
            Assert.Equal(distribution.Order(), distribution);
            Assert.Equal(end.GetProperty("mean").GetDouble(), cell.GetProperty("runs").EnumerateArray().Average(run => run.GetProperty("endToEndSeconds").GetDouble()), 1e-9);
            Assert.InRange(cell.GetProperty("timelyShare").GetProperty("mean").GetDouble(), 0, 1);
            Assert.All(cell.GetProperty("busyShares").EnumerateObject(), device => Assert.InRange(device.Value.GetDouble(), 0, 1));
        }
    }

    [Fact]
    public async Task Json_SameCommand_IsTheSameBytes() => Assert.Equal(
        await SimulateTool.RunAsync([.. SimulateTool.Demo, "--json"]), await SimulateTool.RunAsync([.. SimulateTool.Demo, "--json"]));

    [Fact]
    public async Task Trace_Replayed_KeepsOrderAndLengthsDividesGapsAndSaysWhatIsCut()
    {
        using var files = new PlanFiles();
        var (trace, folder) = (files.Write("trace.csv", Trace), files.Path("out/"));

        var text = Flat(await SimulateTool.RunAsync([.. SimulateTool.Fleet, "--trace", trace, "--rate-scale", "4", "--requests", "9", "--csv", folder]));

        var rows = Csv(Path.Combine(folder, "requests.csv")).Where(row => row["planner"] == "colocated").ToArray();
        Assert.Equal(["0", "0.25", "0.5", "0.75", "1"], rows.Select(row => row["arrival_seconds"]));
        Assert.Equal([("60", "90"), ("20", "30"), ("100", "10"), ("64", "96")], rows.Take(4).Select(row => (row["prompt_tokens"], row["answer_tokens"])));
        Assert.Contains("the trace has 5 requests, fewer than the 9 of --requests", text);
        Assert.Contains("1 of 5 requests had more than the", text);
        Assert.Contains("the trace as it is", text);
        Assert.Contains("so without intervals", text);
    }

    [Theory]
    [InlineData("--seeds", "3", "3")]
    [InlineData("--gaps", "fixed", "5")]
    public async Task Trace_WithSeedsOrGaps_IsDrawnFromInPairs(string option, string value, string runs)
    {
        using var files = new PlanFiles();
        var (trace, folder) = (files.Write("trace.csv", Trace), files.Path("out/"));

        await SimulateTool.RunAsync([.. SimulateTool.Fleet, "--trace", trace, option, value, "--requests", "30", "--csv", folder]);

        Assert.All(Csv(Path.Combine(folder, "cells.csv")), row => Assert.Equal(runs, row["runs"]));
        var rows = Csv(Path.Combine(folder, "requests.csv"));
        Assert.All(rows, row => Assert.True(
            (row["prompt_tokens"], row["answer_tokens"]) is ("60", "90") or ("20", "30") or ("100", "10") or ("64", "96") || int.Parse(row["prompt_tokens"], CultureInfo.InvariantCulture) > 100));
        if (option == "--gaps")
            Assert.All(rows, row => Assert.Equal(double.Parse(row["request"], CultureInfo.InvariantCulture), double.Parse(row["arrival_seconds"], CultureInfo.InvariantCulture), 1e-9));
    }

    [Fact]
    public async Task Csv_File_HasARowForEachCell()
    {
        using var files = new PlanFiles();
        var path = files.Path("cells.csv");

        await SimulateTool.RunAsync([.. SimulateTool.Demo, "--rates", "1,3", "--csv", path]);

        var rows = Csv(path);
        Assert.Equal([("colocated", "1"), ("splitwise", "1"), ("colocated", "3"), ("splitwise", "3")], rows.Select(row => (row["planner"], row["requests_per_second"])));
        Assert.All(rows, row => Assert.True(double.Parse(row["end_to_end_mean_seconds"], CultureInfo.InvariantCulture) >= double.Parse(row["ttft_mean_seconds"], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task ChromeTrace_OfARun_IsValidJsonWithStagesInOrderWithoutOverlap()
    {
        using var files = new PlanFiles();
        var path = files.Path("trace.json");

        await SimulateTool.RunAsync(
            "--fleet", "paper-testbed", "--model", "gpt-oss-20b", "--workload", "extended", "--objective", "capacity", "--planner", "splitwise", "--requests", "10", "--seeds", "1", "--chrome-trace", path);

        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(path));
        var events = json.RootElement.GetProperty("traceEvents").EnumerateArray().ToArray();
        var names = events.Where(one => one.GetProperty("ph").GetString() == "M").ToDictionary(
            one => (one.GetProperty("name").GetString(), one.GetProperty("pid").GetInt32(), one.GetProperty("tid").GetInt32()),
            one => one.GetProperty("args").GetProperty("name").GetString()!);
        Assert.Contains(names.Values, name => name.EndsWith("PREFILL", StringComparison.Ordinal));
        Assert.Contains("KV caches", names.Values);
        var threads = events.Where(one => one.GetProperty("ph").GetString() == "X")
            .GroupBy(one => (one.GetProperty("pid").GetInt32(), one.GetProperty("tid").GetInt32())).ToArray();
        Assert.True(threads.Length > 1);
        foreach (var thread in threads)
        {
            Assert.True(names.ContainsKey(("thread_name", thread.Key.Item1, thread.Key.Item2)));
            var end = 0m;
            foreach (var one in thread)
            {
                Assert.True(one.GetProperty("ts").GetDecimal() >= end);
                Assert.True(one.GetProperty("dur").GetDecimal() >= 0);
                end = one.GetProperty("ts").GetDecimal() + one.GetProperty("dur").GetDecimal();
            }
        }
    }

    private static string Flat(string text) => string.Join(' ', text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private static Dictionary<string, string>[] Csv(string path)
    {
        var lines = File.ReadAllLines(path);
        var columns = lines[0].Split(',');
        return [.. lines.Skip(1).Select(line => columns.Zip(line.Split(',')).ToDictionary(cell => cell.First, cell => cell.Second))];
    }
}
