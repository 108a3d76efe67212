using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Prefixes;
using E2LLM.Scheduling.Protocols.HandOff;

namespace E2LLM.Grains.Plans;

/// <summary>How the fleet serves. Section "E2LLM:Serving".</summary>
public sealed class ServingOptions
{
    public const string Section = "E2LLM:Serving";

    /// <summary>Requests of one replica that may run at once. Default 8; 1 to 256.</summary>
    public int MaxSequences { get; set; } = 8;

    /// <summary>Tokens of one request, prompt and answer. Default 0: the model's trained context, 4,096 at most.</summary>
    public int MaxSequenceTokens { get; set; }

    /// <summary>KV cells of a replica, shared by its requests. Default 0: MaxSequences times MaxSequenceTokens, 32,768 at most.</summary>
    public int KvCells { get; set; }

    /// <summary>
    /// Rows of one step: decode rows and prompt tokens together. Default 0: by the profiles of the devices (<see cref="StepSize"/>). 1 to
    /// 8,192.
    /// </summary>
    public int MaxStepTokens { get; set; }

    /// <summary>Requests that may wait in a replica's queue. Default 256; 1 to 100,000.</summary>
    public int MaxQueuedRequests { get; set; } = 256;

    /// <summary>Steps in flight in a replica's pipeline. Default 0: one a stage. 1 to 64.</summary>
    public int MaxStepsInFlight { get; set; }

    /// <summary>Prompt tokens of one step while answers are being written. Default 64; 1 to 8,192.</summary>
    public int PrefillTokensBesideDecode { get; set; } = 64;

    /// <summary>
    /// KV cells that a request must get before it starts: WholeAnswer, or Optimistic, which lets more requests run and interrupts the
    /// youngest when cells run short. Default WholeAnswer.
    /// </summary>
    public CellReservation CellReservation { get; set; } = CellReservation.WholeAnswer;

    /// <summary>
    /// Optimistic: cells, in tokens, that a request gets beyond its known text, at its start and whenever it has used them up. Default 64;
    /// 1 to 8,192.
    /// </summary>
    public int CellMarginTokens { get; set; } = 64;

    /// <summary>
    /// Optimistic: how often a request may be interrupted before it starts with the cells of its whole answer only. Default 2; 0 to 100.
    /// </summary>
    public int MaxPreemptions { get; set; } = 2;

    /// <summary>
    /// Whether prompts that begin alike share the KV cache of that beginning, on PREFILL and MIXED replicas. Default true. Models whose
    /// sliding windows close within MaxSequenceTokens are served without. See docs/serving.md.
    /// </summary>
    public bool ReusePrefixes { get; set; } = true;

    /// <summary>
    /// Prefixes are shared in whole blocks of so many tokens. Default 0: those that change no bit, the plan's MaxStepTokens below 64 and
    /// the least common multiple of it and 64 from there on. 0 to 8,192; smaller ones share more and may change answers.
    /// </summary>
    public int PrefixBlockTokens { get; set; }

    /// <summary>Seconds after which a step that no stage has answered counts as lost. Default 120; 1 to 3,600.</summary>
    public double StepTimeoutSeconds { get; set; } = 120;

    /// <summary>
    /// A stage counts as hung when a step takes so many times what its profile says, but never in less than
    /// <see cref="HungStepSeconds"/>. Default 50; 2 to 10,000. Small values mistake a busy machine for a hung one.
    /// </summary>
    public double HungStepFactor { get; set; } = 50;

    /// <summary>
    /// The least time after which a stage counts as hung, and the time that it then has to come back before the replica is taken out
    /// of service. Default 10; 0.1 to 3,600.
    /// </summary>
    public double HungStepSeconds { get; set; } = 10;

    /// <summary>
    /// Seconds after which KV cells are freed that nobody asks for any more: on a replica, those of a request whose grain is gone; on a
    /// stage, those of a cache that was to come and whose replica is gone. The same on all silos. Default 30; 1 to 3,600.
    /// </summary>
    public double KvLeaseSeconds { get; set; } = 30;

    /// <summary>
    /// Seconds that a replica whose place another plan needs may go on with the requests that it has, while others take the new ones.
    /// Then they go on elsewhere. Default 30; 0 to 3,600.
    /// </summary>
    public double DrainSeconds { get; set; } = 30;

    /// <summary>
    /// Seconds of silence after which a replica is started anew. Before that it is asked how it is, and others are preferred. Default
    /// 60; 5 to 3,600.
    /// </summary>
    public double ReplicaSilenceSeconds { get; set; } = 60;

    /// <summary>How a replica is chosen where several serve. Default "least-wait".</summary>
    public string RoutingPolicy { get; set; } = "least-wait";

    /// <summary>The planner. Default "e2llm".</summary>
    public string Planner { get; set; } = "e2llm";

    /// <summary>What plans are made for: short waits at the expected rate, or the highest rate. Default Wait.</summary>
    public PlanObjective Objective { get; set; } = PlanObjective.Wait;

    /// <summary>Requests a second that are expected. Default 0: not known, and planned as one a second. Above 0 to 1,000,000.</summary>
    public double ExpectedRequestsPerSecond { get; set; }

    /// <summary>Mean prompt of the expected requests, in tokens. Default 256; 1 to 16,777,216.</summary>
    public double ExpectedInputTokens { get; set; } = 256;

    /// <summary>Mean answer of the expected requests, in tokens. Default 128; 1 to 16,777,216.</summary>
    public double ExpectedOutputTokens { get; set; } = 128;

    /// <summary>How often whoever needs KV cells says so: two calls may be lost or late.</summary>
    internal TimeSpan KvRenewalPeriod => TimeSpan.FromSeconds(KvLeaseSeconds / 3);

    /// <summary>Null where no rate is expected.</summary>
    internal WorkloadSpec? Workload => ExpectedRequestsPerSecond <= 0 ? null : new WorkloadSpec
    {
        Name = "expected",
        RequestsPerSecond = ExpectedRequestsPerSecond,
        MeanInputTokens = ExpectedInputTokens,
        MeanOutputTokens = ExpectedOutputTokens,
    };

    public SchedulerOptions SchedulerFor(ReplicaPlan replica, ModelSpec model) => new()
    {
        QueueLimit = MaxQueuedRequests,
        MaxStepsInFlight = MaxStepsInFlight > 0 ? MaxStepsInFlight : replica.Stages.Length,
        PrefillTokensBesideDecode = PrefillTokensBesideDecode,
        CellReservation = CellReservation,
        CellMarginTokens = CellMarginTokens,
        MaxPreemptions = MaxPreemptions,
        // A decoder reads a prompt only where its cache did not arrive or was given up: nothing that others will ask for.
        ReusePrefixes = ReusePrefixes && replica.Role != ReplicaRole.Decoder && KvRules.ClosingWindowTokens(model, replica.Engine) is null,
        PrefixBlockTokens = PrefixBlockTokens > 0 ? PrefixBlockTokens : ExactPrefixBlock.Tokens(replica.Engine.MaxStepTokens),
        ExactWhenAlone = PrefixBlockTokens == 0,
    };

    public StepTimeLimit StepLimitOf(StagePlan stage) => stage.DecodeSeconds + stage.PrefillSeconds > 0
        ? new StepTimeLimit(
            HungStepSeconds, HungStepFactor * stage.DecodeSeconds, HungStepFactor * (stage.DecodeSeconds + stage.PrefillSeconds))
        : new StepTimeLimit(Math.Max(HungStepSeconds, StepTimeoutSeconds), 0, 0); // the plan predicts nothing to go by

    /// <param name="model">What is served.</param>
    /// <param name="profiles">Of the devices that may serve it.</param>
    public EngineSettings SettingsFor(ModelSpec model, IEnumerable<DeviceProfile> profiles)
    {
        const int defaultSequenceTokens = 4096;
        const int defaultKvCells = 32768;
        var sequenceTokens = Math.Min(model.ContextLengthTokens, MaxSequenceTokens > 0 ? MaxSequenceTokens : defaultSequenceTokens);
        return new EngineSettings
        {
            MaxSequences = MaxSequences,
            MaxSequenceTokens = sequenceTokens,
            // All that run at once can be in one step.
            MaxStepTokens = MaxStepTokens > 0 ? MaxStepTokens : Math.Max(MaxSequences, StepSize.MaxStepTokens(profiles)),
            KvCells = KvCells > 0 ? KvCells : (int)Math.Min((long)MaxSequences * sequenceTokens, Math.Max(defaultKvCells, sequenceTokens)),
        };
    }
}
