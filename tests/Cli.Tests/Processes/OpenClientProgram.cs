using System.Net;
using E2LLM.Client;

namespace E2LLM.Cli.Tests.Processes;

/// <summary>
/// A .NET program as a user might write it: connects to a silo, says so, and waits for ever with its client open.
/// It does nothing about signals. This assembly, run by itself, is that program.
/// </summary>
public static class OpenClientProgram
{
    public static async Task<int> Main(string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        if (arguments is not [var gateway])
            return 2;
        await using var client = await E2LlmClient.ConnectAsync(new E2LlmClientOptions { Gateways = [IPEndPoint.Parse(gateway)] });
        Console.WriteLine("connected to " + string.Join(", ", await client.GetModelsAsync()));
        await new TaskCompletionSource().Task;
        return 0;
    }
}
