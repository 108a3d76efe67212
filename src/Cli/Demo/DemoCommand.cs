using System.CommandLine;
using E2LLM.Cli.Ask;
using E2LLM.Cli.Serving;

namespace E2LLM.Cli.Demo;

/// <summary><c>e2llm demo</c>: the whole fog in one process, one answer, and where its time went.</summary>
internal static class DemoCommand
{
    private const string DefaultPrompt = "Tell me a story about a fox and a lantern.";

    public static Command Create()
    {
        var prompt = PromptArgument.Create(DefaultPrompt);
        var maxTokens = new Option<int?>("--max-tokens") { Description = "Longest answer, in tokens. Default: what the context leaves." };
        var temperature = new Option<float>("--temperature") { Description = "0 takes the likeliest token. 0 to 2.", DefaultValueFactory = _ => 0.5f };
        var seed = new Option<uint>("--seed") { Description = "Seed of the draws.", DefaultValueFactory = _ => 1u };
        var raw = new Option<bool>("--raw") { Description = "Continue the prompt as it is, without a chat template." };
        var planner = new Option<string?>("--planner") { Description = "Who plans: e2llm, exact, splitwise, … Default: what the configuration says." };
        var once = new Option<bool>("--once") { Description = "End after the answer instead of serving on." };
        var json = new Option<bool>("--json") { Description = "One JSON document instead of tables and text." };
        var processes = new Option<int>("--processes") { Description = "Silos, a process each, with the fleet's devices shared out among them.", DefaultValueFactory = _ => 1 };
        processes.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 64)
                result.AddError($"--processes is {result.GetValueOrDefault<int>()}; it must be 1 to 64.");
        });
        var namespaces = new Option<bool>("--namespaces") { Description = "Give each of the processes a network namespace of its own, with the links' real delay, rate and loss. Linux, as root." };
        var host = new HostArguments();

        var command = new HostingCommand("demo", "Start the whole fog in this process, show its plan, answer a prompt, and go on serving.")
        {
            prompt, maxTokens, temperature, seed, raw, planner, processes, namespaces, once, json,
        };
        host.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(namespaces) && result.GetValue(processes) < 2)
                result.AddError("--namespaces needs --processes 2 or more: a network has two ends.");
        });
        command.SetAction((arguments, cancellationToken) => RunAsync(new DemoSettings
        {
            Prompt = arguments.GetValue(prompt)!,
            MaxTokens = arguments.GetValue(maxTokens),
            Temperature = arguments.GetValue(temperature),
            Seed = arguments.GetValue(seed),
            IsRaw = arguments.GetValue(raw),
            Planner = arguments.GetValue(planner),
            Processes = arguments.GetValue(processes),
            HasNamespaces = arguments.GetValue(namespaces),
            EndsAfterAnswer = arguments.GetValue(once),
            AsJson = arguments.GetValue(json),
            Settings = host.Settings(arguments),
            ConfigureHost = options => host.Apply(arguments, options),
        }, cancellationToken));
        return command;
    }

    private static Task<int> RunAsync(DemoSettings settings, CancellationToken cancellationToken) =>
        settings.HasNamespaces ? NamespacedDemo.RunAsync(settings, cancellationToken) : DemoRun.RunAsync(settings, cancellationToken);
}
