using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>Small replicas and requests, of all kinds.</summary>
internal static class RandomSettings
{
    public static EngineSettings Engine(Random random) => new()
    {
        KvCells = random.Next(10, random.Next(2) == 0 ? 40 : 120),
        MaxSequences = random.Next(1, 8),
        MaxStepTokens = random.Next(1, 12),
        MaxSequenceTokens = random.Next(6, 40),
    };

    public static SchedulerOptions Options(Random random) => new()
    {
        MaxQueuedRequests = random.Next(1, 10),
        MaxStepsInFlight = random.Next(1, 6),
        MicroBatches = random.Next(7),
        MaxRunning = random.Next(10) == 0 ? random.Next(1, 8) : 0,
        MinimumTokensPerSecond = random.Next(16) == 0 ? 0.5 : 0,
        PrefillTokensBesideDecode = random.Next(1, 8),
        MaxPrefillTokensBesideDecode = random.Next(1, 16),
        MaxFailedSteps = random.Next(1, 10),
        PriorityAgeingSeconds = random.Next(3) * 20,
        CellReservation = (CellReservation)random.Next(2),
        CellMarginTokens = random.Next(1, 5),
        MaxPreemptions = random.Next(8),
        ReusePrefixes = random.Next(2) == 0,
        PrefixBlockTokens = random.Next(1, 5),
        ExactWhenAlone = random.Next(2) == 0,
    };

    /// <summary>Many prompts begin alike, none are the same. A fifth of the requests has been begun by others.</summary>
    public static GenerationRequest Request(Random random, int index, bool sharesPrefix)
    {
        var shared = sharesPrefix ? random.Next(16) : 0;
        var family = random.Next(2);
        var request = new GenerationRequest
        {
            Id = $"r{index}",
            ModelId = "m",
            PromptTokens =
            [
                .. Enumerable.Range(0, random.Next(1, 16)).Select(
                    position => position < shared ? 100 * family + position : 1000 * (index + 1) + position),
            ],
            MaxTokens = random.Next(1, 20),
            Sampling = random.Next(2) == 0
                ? SamplingOptions.Greedy
                : SamplingOptions.Greedy with { RepeatPenalty = 1.1f, PenaltyLastTokens = random.Next(1, 25) },
            StopTokens = random.Next(2) == 0 ? ImmutableArray.Create(3, 5, 7) : [],
            Priority = (RequestPriority)random.Next(-1, 2),
        };
        return random.Next(5) == 0 ? Begun(random, request) : request;
    }

    private static GenerationRequest Begun(Random random, GenerationRequest request)
    {
        var answer = ReferenceModel.Generate(request, maxSequenceTokens: int.MaxValue).Tokens;
        return request with { Answer = answer[..random.Next(Math.Min(answer.Length + 1, request.MaxTokens))] };
    }
}
