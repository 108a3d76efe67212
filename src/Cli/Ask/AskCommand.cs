using System.CommandLine;
using E2LLM.Cli.Rendering;
using E2LLM.Client;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Cli.Ask;

/// <summary><c>e2llm ask</c>: one question to a running silo.</summary>
internal static class AskCommand
{
    public static Command Create()
    {
        var prompt = PromptArgument.Create();
        var maxTokens = new Option<int?>("--max-tokens") { Description = "Longest answer, in tokens. Default: what the context leaves." };
        var temperature = new Option<float>("--temperature") { Description = "0 takes the likeliest token. 0 to 2.", DefaultValueFactory = _ => 0.5f };
        var timeline = new Option<bool>("--timeline") { Description = "Show afterwards where the time went." };
        var client = new ClientArguments();
        var command = new Command("ask", "Ask a running silo.") { prompt, maxTokens, temperature, timeline };
        client.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var fleet = await client.ConnectAsync(arguments, cancellationToken);
            var request = new ChatRequest
            {
                Id = E2LlmClient.NewRequestId(),
                ModelId = await client.ModelIdAsync(arguments, fleet, cancellationToken),
                Turns = [new("user", arguments.GetValue(prompt)!)],
                MaxTokens = arguments.GetValue(maxTokens),
                Sampling = new SamplingOptions { Temperature = arguments.GetValue(temperature) },
            };
            var last = new ChatDelta();
            await foreach (var delta in fleet.StreamAsync(request, cancellationToken))
            {
                Console.Write(delta.Text);
                last = delta;
            }
            Console.WriteLine();
            if (last.Failure is { } failure)
                throw new E2LlmException($"The request failed: {failure.Message}", failure.MayRetry);
            if (arguments.GetValue(timeline) && last.Timeline is { } times)
                Consoles.Create().Write(TimelineTable.Create(times));
            return 0;
        });
        return command;
    }
}
