using System.Text;
using E2LLM.Cli.Rendering;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Chat;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Silo.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spectre.Console;
using HostOptions = E2LLM.Silo.Hosting.HostOptions;

namespace E2LLM.Cli.Demo;

/// <summary>One run of the demo: start, show, answer, show, serve.</summary>
internal static class DemoRun
{
    /// <summary>
    /// The tables say it all; warnings and errors are still logged, but for what keeps the silo from serving: that ends the command
    /// with one line, which the log would only repeat, with stacks.
    /// </summary>
    private static readonly string[] QuietLog =
    [
        "--Logging:LogLevel:E2LLM=Warning",
        "--Logging:LogLevel:E2LLM.Grains.Plans=None",
        "--Logging:LogLevel:E2LLM.Grains.Fleets=None",
        "--Logging:LogLevel:E2LLM.Silo.Hosting=None",
        "--Logging:LogLevel:Microsoft.Extensions.Hosting=None",
    ];

    /// <summary>Between two looks at how far the plan has come.</summary>
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(0.2);

    public static async Task<int> RunAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        string[] planner = settings.Planner is { } name ? [$"--E2LLM:Serving:Planner={name}"] : [];
        await using var others = OtherSilos(settings);
        await using var app = await SiloHost.BuildAsync(
            [.. QuietLog, .. planner, .. others?.OwnSettings ?? [], .. settings.Settings],
            host =>
            {
                settings.ConfigureHost(host);
                if (others is not null)
                    host.DataDirectory = others.DataOf(0);
            },
            cancellationToken);
        // Ctrl-C comes to the host, and through it to what the demo itself is at.
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
        try
        {
            var modelId = await ShowAsync(app, settings, others, stopping.Token);
            if (!settings.EndsAfterAnswer)
            {
                await ServeAsync(app, settings.AsJson, modelId);
                return 0;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await app.StopAsync(CancellationToken.None);
            throw;
        }
        await app.StopAsync(CancellationToken.None);
        return 0;
    }

    /// <summary>Fleet, plan, an answer and its timeline; returns the id of the model.</summary>
    private static async Task<string> ShowAsync(WebApplication app, DemoSettings settings, DemoProcesses? others, CancellationToken cancellationToken)
    {
        var console = Consoles.Create();
        var status = await StartAsync(app, others, settings.AsJson ? null : console, cancellationToken);
        if (!settings.AsJson)
        {
            console.Write(FleetTable.Create(status.Fleet!, status.Profiles));
            console.Write(PlanTable.Create(status.Plan!, status.Fleet!));
            console.Write(ExplanationLines.Create(status.Explanation));
            console.WriteLine();
            console.MarkupLineInterpolated($"[bold]{settings.Prompt}[/]");
        }

        var (answer, last) = await AnswerAsync(app, settings, status.Model!.Id, cancellationToken);
        if (settings.AsJson)
            Console.WriteLine(DemoReport.ToJson(status, settings.Prompt, answer, last));
        else if (last.Timeline is { } timeline)
            console.Write(TimelineTable.Create(timeline));
        if (last.Failure is { } failure)
            throw new E2LlmException($"The request failed: {failure.Message}", failure.MayRetry);
        return status.Model!.Id;
    }

    private static async Task<PlanStatus> StartAsync(WebApplication app, DemoProcesses? others, IAnsiConsole? console, CancellationToken cancellationToken)
    {
        if (console is null)
            return await ReadyAsync(app, others, _ => { }, cancellationToken);
        return await console.Status().StartAsync("starting", context =>
            ReadyAsync(app, others, text => context.Status = text, cancellationToken));
    }

    private static async Task<PlanStatus> ReadyAsync(WebApplication app, DemoProcesses? others, Action<string> report, CancellationToken cancellationToken)
    {
        report("starting the silo");
        await app.StartAsync(cancellationToken);
        report("timing the devices, planning, loading the slices");
        others?.Start();
        // Silos offer their devices by themselves, and the fleet's grain has them planned.
        var target = app.Services.GetRequiredService<ServingTarget>();
        var plan = app.Services.GetRequiredService<IGrainFactory>().GetGrain<IPlanGrain>(target.Model.Id);
        var deviceCount = others?.DeviceCount ?? target.Fleet.Devices.Length;
        while (true)
        {
            var status = await plan.GetStatusAsync().WaitAsync(cancellationToken);
            if (status is { Phase: PlanPhase.Ready, Fleet: { } fleet } && fleet.Devices.Length == deviceCount && target.Fleet.Devices.All(fleet.Devices.Contains))
                return status;
            if (status is { Phase: PlanPhase.Failed, Error.Length: > 0 })
                throw new PlanningException(status.Error);
            others?.ThrowIfAnyEnded();
            await Task.Delay(LookPause, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Null: this process is the whole fog.</summary>
    private static DemoProcesses? OtherSilos(DemoSettings settings)
    {
        if (settings.Processes == 1)
            return null;
        var host = new HostOptions();
        settings.ConfigureHost(host);
        return DemoProcesses.Plan(settings.Processes, host);
    }

    private static async Task<(string Answer, ChatDelta Last)> AnswerAsync(
        WebApplication app, DemoSettings settings, string modelId, CancellationToken cancellationToken)
    {
        var request = new ChatRequest
        {
            Id = $"demo-{Guid.NewGuid():N}",
            ModelId = modelId,
            Turns = settings.IsRaw ? [] : [new("user", settings.Prompt)],
            Prompt = settings.IsRaw ? settings.Prompt : null,
            MaxTokens = settings.MaxTokens,
            Sampling = new SamplingOptions { Temperature = settings.Temperature, Seed = settings.Seed },
        };
        var chat = app.Services.GetRequiredService<IGrainFactory>().GetGrain<IChatGrain>(modelId);
        var answer = new StringBuilder();
        var last = new ChatDelta();
        await foreach (var delta in chat.StreamAsync(request, cancellationToken))
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

    private static async Task ServeAsync(WebApplication app, bool quiet, string modelId)
    {
        if (!quiet)
        {
            var address = SiloHost.HttpAddress(app);
            Console.WriteLine($"OpenAI API  {address}/v1");
            Console.WriteLine($"dashboard   {address}{SiloHost.DashboardPath}/");
            Console.WriteLine($"health      {address}/health");
            var gateway = SiloHost.GatewayAddress(app);
            Console.WriteLine($"Orleans     {gateway}, for e2llm ask and e2llm status --gateway {gateway}");
            Console.WriteLine($"try         curl {address}/v1/chat/completions -H 'Content-Type: application/json' \\");
            Console.WriteLine($"              -d '{{\"model\":\"{modelId}\",\"messages\":[{{\"role\":\"user\",\"content\":\"What is a replica?\"}}],\"stream\":true}}'");
            Console.WriteLine("Ctrl-C ends it.");
        }
        await app.WaitForShutdownAsync(CancellationToken.None);
    }
}
