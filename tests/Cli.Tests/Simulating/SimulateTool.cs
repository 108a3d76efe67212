using System.CommandLine;
using E2LLM.Cli.Simulating;

namespace E2LLM.Cli.Tests.Simulating;

/// <summary>Runs <c>e2llm simulate</c> in this process, on a fleet and for an objective that are planned in no time.</summary>
internal static class SimulateTool
{
    public static readonly string[] Fleet = ["--fleet", "demo", "--model", "e2llm-demo", "--objective", "capacity", "--planner", "colocated,splitwise"];

    public static readonly string[] Demo = [.. Fleet, "--workload", "64/96", "--requests", "20", "--seeds", "2"];

    /// <summary>The demo's arguments with other planners.</summary>
    public static string[] With(string planners) => [.. Demo.Select(argument => argument == "colocated,splitwise" ? planners : argument)];

    /// <summary>What the command wrote; its errors are thrown.</summary>
    public static async Task<string> RunAsync(params IEnumerable<string> arguments)
    {
        var output = new StringWriter();
        var result = SimulateCommand.Create().Parse([.. arguments]);
        Assert.Empty(result.Errors);
        Assert.Equal(0, await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output }));
        return output.ToString();
    }

    /// <summary>The messages of a command line that cannot be parsed.</summary>
    public static IEnumerable<string> Errors(params IEnumerable<string> arguments) =>
        SimulateCommand.Create().Parse([.. arguments]).Errors.Select(error => error.Message);
}
