using System.CommandLine;

namespace E2LLM.Benchmarks.FrozenSilo;

/// <summary><c>frozen-silo</c>: what a silo that stands still for a while does to the requests of others, and to its own.</summary>
internal static class FrozenSiloCommand
{
    public static Command Create()
    {
        var freeze = Number("--freeze-seconds", 8, "So long the process of one replica is stopped.");
        var phase = Number("--phase-seconds", 8, "So long requests come before, and after.");
        var rate = Number("--rate", 20, "Requests a second, evenly spaced, for both replicas together.");
        var step = Number("--step-ms", 5, "Of every step.");
        var answer = new Option<int>("--answer-tokens") { DefaultValueFactory = _ => 40 };
        var command = new Command("frozen-silo", "Two MIXED replicas in silo processes of their own, one of which is stopped for a while (POSIX only).")
        {
            freeze, phase, rate, step, answer,
        };
        command.SetAction((arguments, _) => new FrozenSiloBenchmark(new FrozenSiloSettings
        {
            FreezeSeconds = arguments.GetValue(freeze),
            PhaseSeconds = arguments.GetValue(phase),
            RequestsPerSecond = arguments.GetValue(rate),
            StepSeconds = arguments.GetValue(step) / 1e3,
            AnswerTokens = arguments.GetValue(answer),
        }).RunAsync());
        return command;
    }

    private static Option<double> Number(string name, double value, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
