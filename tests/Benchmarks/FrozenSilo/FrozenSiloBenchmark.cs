using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.Nodes;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Plans;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Benchmarks.FrozenSilo;

/// <summary>
/// A replica in each of two silo processes; this process is a third silo, with the plan, the grains of the requests, and the load. One
/// replica's process is stopped for a while: before, meanwhile and afterwards requests come at an even pace, and go where the plan sends
/// them. All answers are checked, token by token.
/// </summary>
internal sealed class FrozenSiloBenchmark(FrozenSiloSettings settings)
{
    /// <summary>After the last request was sent: whoever has not ended by then hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const int PromptTokens = 8;

    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly SyntheticModelCatalog _catalog = new(SyntheticModel.Spec("synthetic"));
    private readonly List<Task<SentRequest>> _sent = [];
    private long _stoppedAt;
    private long _continuedAt;

    public async Task<int> RunAsync()
    {
        Console.WriteLine($"synthetic engine, {settings.StepSeconds * 1e3:0.###} ms a step, two MIXED replicas of one stage in processes of their own, {settings.RequestsPerSecond:0.#} requests a second of " +
            $"{settings.AnswerTokens} tokens; replica r1 stands still for {settings.FreezeSeconds:0.#} s");
        SentRequest[] requests;
        ReplicaStatus[] replicas;
        var fog = await StartAsync();
        try
        {
            requests = await MeasureAsync(fog);
            replicas = [.. (await fog.StatusAsync()).Replicas];
        }
        finally
        {
            await fog.DisposeAsync();
        }
        return Report(requests, replicas, [.. fog.Nodes.Select(node => node.EngineLoads)]) ? 0 : 1;
    }

    private async Task<SentRequest[]> MeasureAsync(BenchmarkFog fog)
    {
        const int warmUps = 40;
        var (inPhase, inFreeze) = (Count(settings.PhaseSeconds), Count(settings.FreezeSeconds));
        var requests = RandomPrompts.Make(_catalog.Models[0], warmUps + (2 * inPhase) + inFreeze, PromptTokens, seed: 1)
            .Select(prompt => RandomPrompts.Request(_catalog.Models[0], prompt, settings.AnswerTokens)).ToArray();
        // The grains are made beforehand: a part of the runtime's directory of grains stands still with the silo, and every new grain
        // whose entry belongs there waits for it, whatever the replicas do.
        await fog.MakeAsync(requests);
        await Task.WhenAll(requests[..warmUps].Select(request => SendAsync(fog, request)));
        var sending = SendManyAsync(fog, requests[warmUps..]);
        await Task.Delay(TimeSpan.FromSeconds(settings.PhaseSeconds), Time);
        _stoppedAt = Time.GetTimestamp();
        await fog.Nodes[1].FreezeAsync(TimeSpan.FromSeconds(settings.FreezeSeconds));
        _continuedAt = Time.GetTimestamp();
        await sending;
        return await Task.WhenAll(_sent);

        int Count(double seconds) => (int)(seconds * settings.RequestsPerSecond);
    }

    /// <summary>Evenly spaced, each on its own.</summary>
    private async Task SendManyAsync(BenchmarkFog fog, GenerationRequest[] requests)
    {
        var started = Time.GetTimestamp();
        foreach (var (index, request) in requests.Index())
        {
            var due = TimeSpan.FromSeconds(index / settings.RequestsPerSecond) - Time.GetElapsedTime(started);
            if (due > TimeSpan.Zero)
                await Task.Delay(due, Time);
            _sent.Add(SendAsync(fog, request));
        }
    }

    private async Task<SentRequest> SendAsync(BenchmarkFog fog, GenerationRequest request)
    {
        using var limit = new CancellationTokenSource(Patience + TimeSpan.FromSeconds(settings.FreezeSeconds));
        List<int> tokens = [];
        var sentAt = Time.GetTimestamp();
        try
        {
            var answer = await TimedAnswer.ReadAsync(KeepAsync(fog.StreamAsync(request, limit.Token)));
            return tokens.SequenceEqual(SyntheticModel.ExpectedTokens(_catalog.Models[0], request.PromptTokens, request.MaxTokens, request.Sampling))
                ? new SentRequest(sentAt, Time.GetTimestamp(), answer, "")
                : new SentRequest(sentAt, Time.GetTimestamp(), null, "other tokens than the model's");
        }
        catch (Exception exception)
        {
            return new SentRequest(sentAt, Time.GetTimestamp(), null, $"{exception.GetType().Name}: {exception.Message}");
        }

        async IAsyncEnumerable<TokenChunk> KeepAsync(IAsyncEnumerable<TokenChunk> chunks)
        {
            await foreach (var chunk in chunks)
            {
                tokens.AddRange(chunk.Tokens);
                yield return chunk;
            }
        }
    }

    private bool Report(SentRequest[] requests, ReplicaStatus[] replicas, int[] loads)
    {
        var lost = requests.Where(request => request.Answer is null).ToArray();
        for (var index = 0; index < replicas.Length; index++)
            Print($"r{index}", request => request.Replays == 0 && request.Replica.EndsWith($"r{index}", StringComparison.Ordinal));
        Print("moved", request => request.Replays > 0);
        Console.WriteLine($"{requests.Length} requests, {lost.Length} of them without a whole answer; {requests.Count(request => request.Replays > 0)} went on elsewhere");
        foreach (var (fault, count) in lost.CountBy(request => request.Fault))
            Console.WriteLine($"  {count} x {fault}");
        for (var index = 0; index < replicas.Length; index++)
            Console.WriteLine($"r{index}: {loads[index]} engine loads, {(replicas[index].IsServing ? "serving" : "out of service")}, " +
                $"{replicas[index].FailedSteps} failed steps {replicas[index].LastFailure}");
        return lost.Length == 0 && loads.All(count => count == 1) && replicas.All(replica => replica.IsServing);

        void Print(string name, Func<SentRequest, bool> isOf) =>
            FreezeTable.Print(name, [.. requests.Where(request => request.Answer is not null && isOf(request))], request => request.Phase(_stoppedAt, _continuedAt));
    }

    private Task<BenchmarkFog> StartAsync()
    {
        const string cut = "mixed d0:8; mixed d1:8";
        var serving = new ServingOptions { MaxSequenceTokens = PromptTokens + settings.AnswerTokens, MaxStepTokens = 64 };
        return BenchmarkFog.StartAsync(
            new FogOptions
            {
                Catalog = _catalog,
                Engines = new SyntheticStageEngineFactory(_catalog, new SyntheticTiming(), Time),
                Devices = [],
                Planner = FixedCut.Parse(cut),
                Serving = options => ServingOptionsCopy.Copy(serving, options),
            },
            Node("d0"), Node("d1"));

        NodeSpec Node(string device) => new()
        {
            Devices = [FogOptions.Device(device)],
            SyntheticStepSeconds = settings.StepSeconds,
            HasDevicesOnly = true,
            Shape = "",
            DataDirectory = "",
            Cut = cut,
            Serving = serving,
        };
    }
}
