using System.CommandLine;
using E2LLM.Benchmarks.Fog;

namespace E2LLM.Benchmarks.TwoSilos;

/// <summary><c>steps</c>: what one step of an engine costs by its rows; says which micro-batches and chunks are cheap.</summary>
internal static class StepCostCommand
{
    public static Command Create()
    {
        var model = new ModelArguments();
        var first = new Option<int>("--first-layer") { DefaultValueFactory = _ => 0 };
        var layers = new Option<int>("--layers") { Description = "0: all to the last.", DefaultValueFactory = _ => 0 };
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 1 };
        var repeats = new Option<int>("--repeats") { Description = "Each step is run so often.", DefaultValueFactory = _ => 5 };
        var past = new Option<int>("--past-tokens") { Description = "Behind each of 16 sequences.", DefaultValueFactory = _ => 16 };
        var repack = new Option<bool>("--repack") { Description = "As EngineSettings.Repack.", DefaultValueFactory = _ => true };
        var flash = new Option<bool>("--flash-attention") { Description = "As EngineSettings.FlashAttention.", DefaultValueFactory = _ => true };
        var command = new Command("steps", "Milliseconds of one engine step by its decode rows and prompt rows.") { first, layers, threads, repeats, past, repack, flash };
        model.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var opened = await model.OpenAsync(arguments, cancellationToken);
            var count = arguments.GetValue(layers) is > 0 and var some ? some : opened.Spec.LayerCount - arguments.GetValue(first);
            await using var cost = await StepCost.LoadAsync(opened, arguments.GetValue(first), count, arguments.GetValue(threads), arguments.GetValue(past), arguments.GetValue(repack), arguments.GetValue(flash));
            await cost.RunAsync(arguments.GetValue(repeats));
            return 0;
        });
        return command;
    }
}
