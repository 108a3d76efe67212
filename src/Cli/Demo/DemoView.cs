using System.Text;
using E2LLM.Cli.Rendering;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Silo.Hosting;
using Spectre.Console;

namespace E2LLM.Cli.Demo;

/// <summary>What a demo shows, wherever its silos are: the fleet and its plan, an answer and its timeline.</summary>
internal sealed class DemoView(DemoSettings settings)
{
    /// <summary>Between two looks at what other processes bring about.</summary>
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(0.2);

    private readonly IAnsiConsole _console = Consoles.Create();

    /// <param name="start">Ends when the fog serves; is given what says how far it is.</param>
    public Task<PlanStatus> StartAsync(Func<Action<string>, Task<PlanStatus>> start) => settings.AsJson
        ? start(_ => { })
        : _console.Status().StartAsync("starting", context => start(text => context.Status = text));

    /// <summary>Waits until a plan over all devices serves.</summary>
    /// <param name="status">Asks for it.</param>
    /// <param name="isWhole">Whether a fleet has all devices.</param>
    /// <param name="silos">The other processes; null: there are none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="E2LlmException">There is no plan, or one of the silos has ended.</exception>
    public static async Task<PlanStatus> JoinedAsync(
        Func<Task<PlanStatus>> status, Func<FleetSpec, bool> isWhole, DemoProcesses? silos, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = await status();
            if (now is { Phase: PlanPhase.Ready, Fleet: { } fleet } && isWhole(fleet))
                return now;
            if (now is { Phase: PlanPhase.Failed, Error.Length: > 0 })
                throw new PlanningException(now.Error);
            silos?.ThrowIfAnyEnded();
            await Task.Delay(LookPause, TimeProvider.System, cancellationToken);
        }
    }

    /// <param name="status">Of the plan that serves.</param>
    /// <param name="network">What the links are.</param>
    /// <param name="ask">Streams an answer.</param>
    /// <exception cref="E2LlmException">The request failed.</exception>
    public async Task ShowAsync(PlanStatus status, string network, Func<ChatRequest, IAsyncEnumerable<ChatDelta>> ask)
    {
        if (!settings.AsJson)
        {
            _console.Write(FleetTable.Create(status.Fleet!, status.Profiles));
            _console.Write(PlanTable.Create(status.Plan!, status.Fleet!));
            _console.Write(ExplanationLines.Create(status.Explanation));
            _console.WriteLine();
            _console.MarkupLineInterpolated($"[bold]{settings.Prompt}[/]");
        }

        var (answer, last) = await AnswerAsync(ask(Request(status.Model!.Id)));
        if (settings.AsJson)
            Console.WriteLine(DemoReport.ToJson(status, settings.Prompt, answer, last, network));
        else if (last.Timeline is { } timeline)
            _console.Write(TimelineTable.Create(timeline));
        if (last.Failure is { } failure)
            throw new E2LlmException($"The request failed: {failure.Message}", failure.MayRetry);
    }

    /// <summary>Where the fog can be reached from now on.</summary>
    public void ShowAddresses(string http, string gateway, string modelId)
    {
        if (settings.AsJson)
            return;
        Console.WriteLine($"OpenAI API  {http}/v1");
        Console.WriteLine($"dashboard   {http}{SiloHost.DashboardPath}/");
        Console.WriteLine($"health      {http}/health");
        Console.WriteLine($"Orleans     {gateway}, for e2llm ask and e2llm status --gateway {gateway}");
        Console.WriteLine($"try         curl {http}/v1/chat/completions -H 'Content-Type: application/json' \\");
        Console.WriteLine($"              -d '{{\"model\":\"{modelId}\",\"messages\":[{{\"role\":\"user\",\"content\":\"What is a replica?\"}}],\"stream\":true}}'");
        Console.WriteLine("Ctrl-C ends it.");
    }

    private ChatRequest Request(string modelId) => new()
    {
        Id = $"demo-{Guid.NewGuid():N}",
        ModelId = modelId,
        Turns = settings.IsRaw ? [] : [new("user", settings.Prompt)],
        Prompt = settings.IsRaw ? settings.Prompt : null,
        MaxTokens = settings.MaxTokens,
        Sampling = new SamplingOptions { Temperature = settings.Temperature, Seed = settings.Seed },
    };

    private async Task<(string Answer, ChatDelta Last)> AnswerAsync(IAsyncEnumerable<ChatDelta> deltas)
    {
        var answer = new StringBuilder();
        var last = new ChatDelta();
        await foreach (var delta in deltas)
        {
            answer.Append(delta.Text);
            if (!settings.AsJson)
                Console.Write(delta.Text);
            last = delta;
        }
        if (!settings.AsJson)
            Console.WriteLine();
        return (answer.ToString(), last);
    }
}
