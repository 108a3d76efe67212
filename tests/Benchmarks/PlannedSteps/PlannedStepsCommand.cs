using System.CommandLine;
using E2LLM.Benchmarks.Fog;

namespace E2LLM.Benchmarks.PlannedSteps;

/// <summary><c>planned-steps</c>: whether a fog's steps take the time that its plan was made with.</summary>
internal static class PlannedStepsCommand
{
    public static Command Create()
    {
        var model = new ModelArguments();
        var planner = new Option<string>("--planner") { Description = "One that makes a single replica.", DefaultValueFactory = _ => "single-pipeline" };
        var devices = new Option<int>("--devices") { Description = "Of one thread each, with as much memory as makes each hold a share.", DefaultValueFactory = _ => 2 };
        var sequences = new Option<int>("--sequences") { Description = "E2LLM:Serving:MaxSequences.", DefaultValueFactory = _ => 8 };
        var answer = new Option<int>("--answer-tokens") { DefaultValueFactory = _ => 96 };
        var rounds = new Option<int>("--rounds") { Description = "Each case is run once a round; the median counts.", DefaultValueFactory = _ => 3 };
        var command = new Command("planned-steps", "Seconds of stages and tokens: measured in a fog, over those of its plan.") { planner, devices, sequences, answer, rounds };
        model.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var opened = await model.OpenAsync(arguments, cancellationToken);
            await new PlannedStepsBenchmark(opened, arguments.GetValue(answer), arguments.GetValue(rounds))
                .RunAsync(arguments.GetValue(planner)!, arguments.GetValue(devices), arguments.GetValue(sequences));
            return 0;
        });
        return command;
    }
}
