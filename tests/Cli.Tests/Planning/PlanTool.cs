using System.CommandLine;
using E2LLM.Cli.Planning;

namespace E2LLM.Cli.Tests.Planning;

/// <summary>Runs <c>e2llm plan</c> in this process.</summary>
internal static class PlanTool
{
    public static readonly string[] Testbed = ["--fleet", "paper-testbed", "--model", "gpt-oss-20b", "--workload", "extended"];

    public static readonly string[] Demo = ["--fleet", "demo", "--model", "e2llm-demo", "--workload", "64/96", "--rate", "2"];

    /// <summary>What the command wrote; its errors are thrown.</summary>
    public static async Task<string> RunAsync(params IEnumerable<string> arguments)
    {
        var output = new StringWriter();
        var result = PlanCommand.Create().Parse([.. arguments]);
        Assert.Empty(result.Errors);
        var code = await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output });
        Assert.Equal(0, code);
        return output.ToString();
    }

    /// <summary>The messages of a command line that cannot be parsed.</summary>
    public static IEnumerable<string> Errors(params IEnumerable<string> arguments) =>
        PlanCommand.Create().Parse([.. arguments]).Errors.Select(error => error.Message);
}
