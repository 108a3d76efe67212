using System.CommandLine;
using E2LLM.Benchmarks.Fog;

namespace E2LLM.Benchmarks.HandOff;

/// <summary><c>handoff</c>: a prompt read in one silo process and answered in another, and the KV cache's way between them.</summary>
internal static class HandOffCommand
{
    public static Command Create()
    {
        var model = new ModelArguments();
        var prompts = new Option<int[]>("--prompt-tokens") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [256, 1024] };
        var answer = new Option<int>("--answer-tokens") { DefaultValueFactory = _ => 24 };
        var rounds = new Option<int>("--rounds") { Description = "Each case is run once a round.", DefaultValueFactory = _ => 5 };
        var warm = new Option<int>("--warm-tokens")
        {
            Description = "Prompt of the case in which kept prefixes hold every slot open, with the default serving options; 0 leaves it out.",
            DefaultValueFactory = _ => 4096,
        };
        var cut = new Option<string>("--cut")
        {
            Description = "Layers of the devices; those of the decoder are in the second process. Default: a PREFILL replica of 3/8 and 5/8, a DECODER of two halves.",
        };
        var command = new Command("handoff", "KV hand-off between two silos against a raw socket, and the gap that the reader sees.") { prompts, answer, rounds, warm, cut };
        model.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var opened = await model.OpenAsync(arguments, cancellationToken);
            var (layers, answerTokens) = (arguments.GetValue(cut) ?? DefaultCut(opened.Spec.LayerCount), arguments.GetValue(answer));
            await new HandOffBenchmark(opened, layers, answerTokens).RunAsync(arguments.GetValue(prompts)!, arguments.GetValue(rounds));
            if (arguments.GetValue(warm) is > 0 and var warmTokens)
                await new WarmHandOffBenchmark(opened, layers, answerTokens).RunAsync(warmTokens);
            return 0;
        });
        return command;
    }

    private static string DefaultCut(int layers) =>
        $"prefill d0:{layers * 3 / 8} d1:{layers - (layers * 3 / 8)}; decoder d2:{layers / 2} d3:{layers - (layers / 2)}";
}
