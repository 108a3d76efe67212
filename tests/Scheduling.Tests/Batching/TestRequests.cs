using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

internal static class TestRequests
{
    public const int StopToken = 999;

    public static readonly EngineSettings Engine = new() { KvCells = 1000, MaxSequences = 8, MaxStepTokens = 16, MaxSequenceTokens = 200 };

    public static readonly RequestFailure Failure = new()
    {
        Party = FailedParty.Engine,
        Phase = RequestPhase.Accepted,
        Message = "the engine failed",
        MayRetry = true,
    };

    /// <summary>A request whose prompt is 100, 101, …</summary>
    public static GenerationRequest Request(string id, int promptTokens = 3, int maxTokens = 5) => new()
    {
        Id = id,
        ModelId = "m",
        PromptTokens = [.. Enumerable.Range(100, promptTokens)],
        MaxTokens = maxTokens,
        StopTokens = [StopToken],
    };

    public static ReplicaScheduler Scheduler(EngineSettings? engine = null, SchedulerOptions? options = null) =>
        new(engine ?? Engine, options ?? new SchedulerOptions());

    public static StepPlan NextStep(this ReplicaScheduler scheduler) =>
        scheduler.Next(0) ?? throw new InvalidOperationException("No step came.");

    /// <summary>Runs the next step to its end with the same token for every output row.</summary>
    public static ImmutableArray<RequestUpdate> RunStep(this ReplicaScheduler scheduler, int token = 7)
    {
        var step = scheduler.NextStep();
        return scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(token, step.OutputRows)]);
    }

    /// <summary>The step as text: "open 0 | 0@0 0@1 0@2*" is an open and three rows of slot 0, of which the last gives a token.</summary>
    public static string Text(this StepPlan step) => string.Join(" ", [
        .. step.Commands.Select(command => $"{command.Kind.ToString().ToLowerInvariant()} {command.Sequence}"
            + command.Kind switch
            {
                Core.Engines.SequenceCommandKind.Truncate => $" to {command.FromPosition}",
                Core.Engines.SequenceCommandKind.Copy => $" {command.FromSequence}:{command.Positions}",
                _ => "",
            }),
        "|",
        .. step.Rows.Select(row => $"{row.Sequence}@{row.Position}{(row.IsOutput ? "*" : "")}"),
    ]);
}
