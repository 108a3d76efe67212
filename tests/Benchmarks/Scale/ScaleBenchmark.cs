using E2LLM.Benchmarks.Load;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Benchmarks.Scale;

/// <summary>Starts a fog of each size, times its way to a plan that serves, and counts what leaves its processes at rest and under load.</summary>
internal sealed class ScaleBenchmark(ScaleSettings settings)
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeProvider Time = TimeProvider.System;

    public async Task<int> RunAsync()
    {
        List<ScaleResult> results = [];
        foreach (var devices in settings.Devices)
        {
            var directory = Directory.CreateTempSubdirectory("e2llm-scale-");
            try
            {
                results.Add(await RunAsync(devices, directory.FullName));
            }
            finally
            {
                directory.Delete(recursive: true);
            }
        }
        ScaleTable.Write(results, Console.Out);
        return 0;
    }

    private async Task<ScaleResult> RunAsync(int devices, string directory)
    {
        await using var fog = await ScaleFog.StartAsync(directory, (index, table) => Spec(index, devices, table), settings.Processes);
        var joined = await WatchAsync(fog, devices);
        Console.Error.WriteLine($"{devices} devices serve after {joined.Serving:0.0} s (planned after {joined.Planned:0.0} s).");
        var status = await SettledAsync(fog);
        await RequestsAsync(fog, seed: 0); // what is only done once is over
        var quiet = await CountAsync(fog, () => Task.Delay(TimeSpan.FromSeconds(settings.QuietSeconds), Time));
        var loaded = await CountAsync(fog, () => RequestsAsync(fog, seed: 1));
        return new ScaleResult
        {
            Devices = devices,
            Replicas = status.Plan!.Replicas.Length,
            Stages = status.Plan.Replicas.Sum(replica => replica.Stages.Length),
            Splits = status.Plan.Replicas.Count(replica => replica.Role != ReplicaRole.Mixed),
            Requests = settings.Requests,
            AnswerTokens = settings.AnswerTokens,
            Joined = joined,
            Quiet = quiet,
            Loaded = loaded,
        };
    }

    private ScaleSpec Spec(int index, int devices, string table) => new()
    {
        ConnectionString = table,
        Silo = $"silo{index}",
        Silos = settings.Processes,
        Devices = [.. Enumerable.Range(0, devices).Where(device => device % settings.Processes == index).Select(device => ScaleSpec.Device($"d{device:000}"))],
        Planner = settings.Planner,
        EmulatesNetwork = settings.EmulatesNetwork,
        LayerSeconds = settings.LayerSeconds,
    };

    /// <summary>Looks at fleet and plan until every replica serves.</summary>
    private static async Task<ScaleTimes> WatchAsync(ScaleFog fog, int devices)
    {
        using var limit = new CancellationTokenSource(Patience);
        var (start, cpu) = (Time.GetTimestamp(), fog.CpuSeconds);
        double? taken = null, profiled = null, planned = null;
        while (true)
        {
            var status = await fog.Plan.GetStatusAsync();
            var now = Time.GetElapsedTime(start).TotalSeconds;
            if (taken is null && (await fog.Fleet.GetStatusAsync()).Fleet is { } fleet && fleet.Devices.Length == devices)
                taken = now;
            if (status.Profiles.Length == devices)
                profiled ??= now;
            if (status.Plan is not null)
                planned ??= now;
            if (status.Phase == PlanPhase.Ready && status.Replicas.Length > 0 && status.Replicas.All(replica => replica.IsServing))
                return new ScaleTimes(taken ?? now, profiled ?? now, planned ?? now, now, fog.CpuSeconds - cpu);
            if (status.Phase == PlanPhase.Failed && status.Error.Length > 0)
                throw new InvalidOperationException(status.Error);
            await Task.Delay(PollPeriod, Time, limit.Token);
        }
    }

    /// <summary>Links are measured one by one, and the fleet is planned anew for what they tell; ends once nothing new has come for a while.</summary>
    private static async Task<PlanStatus> SettledAsync(ScaleFog fog)
    {
        using var limit = new CancellationTokenSource(Patience);
        var (generation, since) = (-1L, Time.GetTimestamp());
        while (true)
        {
            var status = await fog.Plan.GetStatusAsync();
            if (status.Plan!.Generation != generation || !status.Replicas.All(replica => replica.IsServing))
                (generation, since) = (status.Plan.Generation, Time.GetTimestamp());
            if (Time.GetElapsedTime(since) >= Rest)
                return status;
            await Task.Delay(PollPeriod, Time, limit.Token);
        }
    }

    private async Task RequestsAsync(ScaleFog fog, int seed)
    {
        GenerationRequest[] requests =
        [
            .. RandomPrompts.Make(ScaleSpec.Model, settings.Requests, settings.PromptTokens, seed)
                .Select(prompt => RandomPrompts.Request(ScaleSpec.Model, prompt, settings.AnswerTokens)),
        ];
        await Task.WhenAll(Enumerable.Range(0, settings.Clients).Select(async client =>
        {
            for (var index = client; index < requests.Length; index += settings.Clients)
                await fog.RunAsync(requests[index]);
        }));
    }

    private static async Task<ScaleWindow> CountAsync(ScaleFog fog, Func<Task> work)
    {
        var (before, cpu, start) = (await fog.CountAsync(), fog.CpuSeconds, Time.GetTimestamp());
        await work();
        var seconds = Time.GetElapsedTime(start).TotalSeconds;
        return new ScaleWindow(seconds, (await fog.CountAsync()).Since(before), fog.CpuSeconds - cpu);
    }
}
