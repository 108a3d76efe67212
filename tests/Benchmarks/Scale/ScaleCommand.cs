using System.CommandLine;

namespace E2LLM.Benchmarks.Scale;

/// <summary><c>scale</c>: what grows with the number of devices, on the synthetic engine, over several silo processes.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var devices = new Option<int[]>("--devices") { Description = "Of the whole fog; one run each.", DefaultValueFactory = _ => [10, 50, 200], AllowMultipleArgumentsPerToken = true };
        var processes = Count("--processes", 3, "Silos, each a process of its own.");
        var requests = Count("--requests", 40, "In all.");
        var clients = Count("--clients", 4, "Requests at once.");
        var prompt = Count("--prompt-tokens", 64, "Of each request.");
        var answer = Count("--answer-tokens", 64, "Of each request.");
        var quiet = Number("--quiet-seconds", 15, "So long the fog is watched at rest.");
        var layer = Number("--layer-ms", 1, "Of one layer in a step.");
        var planner = new Option<string>("--planner") { Description = "Any planner's name, or pairs: two devices a replica, whatever the size.", DefaultValueFactory = _ => PairCut.PlannerName };
        var emulate = new Option<bool>("--emulate-network") { Description = "Links between silos count as emulated, and are not measured." };
        var command = new Command("scale", "Join, plan and serve with many synthetic devices in several silo processes: grain calls, bytes and times.")
        {
            devices, processes, requests, clients, prompt, answer, quiet, layer, planner, emulate,
        };
        command.SetAction((arguments, _) => new ScaleBenchmark(new ScaleSettings
        {
            Devices = arguments.GetValue(devices)!,
            Processes = arguments.GetValue(processes),
            Requests = arguments.GetValue(requests),
            Clients = arguments.GetValue(clients),
            PromptTokens = arguments.GetValue(prompt),
            AnswerTokens = arguments.GetValue(answer),
            QuietSeconds = arguments.GetValue(quiet),
            LayerSeconds = arguments.GetValue(layer) / 1e3,
            Planner = arguments.GetValue(planner)!,
            EmulatesNetwork = arguments.GetValue(emulate),
        }).RunAsync());
        return command;
    }

    private static Option<int> Count(string name, int value, string description) => new(name) { Description = description, DefaultValueFactory = _ => value };

    private static Option<double> Number(string name, double value, string description) => new(name) { Description = description, DefaultValueFactory = _ => value };
}
