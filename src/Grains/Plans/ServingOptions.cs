using System.Collections.Immutable;
using E2LLM.Core.Configuration;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Prefixes;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Grains.Plans;

/// <summary>How the fleet serves. Section "E2LLM:Serving".</summary>
public sealed class ServingOptions
{
    public const string Section = "E2LLM:Serving";

    /// <summary>
    /// Requests of one replica that may run at once. The plan's own choice takes what memory there is: a fleet whose devices are small on purpose, to show a
    /// model in slices, is better given a number.
    /// </summary>
    [OptionRange(typeof(EngineSettings), Zero = "the plan's choice for each replica, by its memory")]
    public int MaxSequences { get; set; } = 8;

    /// <summary>Tokens of one request, prompt and answer.</summary>
    [OptionRange(typeof(EngineSettings), Zero = "the model's trained context, 4,096 at most")]
    public int MaxSequenceTokens { get; set; }

    /// <summary>KV cells of a replica, shared by its requests.</summary>
    [OptionRange(typeof(EngineSettings), Zero = "MaxSequences times MaxSequenceTokens, 32,768 at most; where the plan chooses, a quarter of MaxSequenceTokens or an expected request for each")]
    public int KvCells { get; set; }

    /// <summary>
    /// Elements of the KV cache. With Auto the plan takes Q8_0 on MIXED replicas whose memory holds more requests with it; their answers may differ from
    /// those of F16.
    /// </summary>
    public KvTypeChoice KvType { get; set; } = KvTypeChoice.F16;

    /// <summary>Rows of one step: decode rows and prompt tokens together. By the profiles: <see cref="StepSize"/>.</summary>
    [OptionRange(typeof(EngineSettings), Zero = "by the profiles of the devices")]
    public int MaxStepTokens { get; set; }

    /// <summary>Requests that may wait in a replica's queue.</summary>
    [OptionRange(typeof(SchedulerOptions))]
    public int MaxQueuedRequests { get; set; } = SchedulerOptions.Default.MaxQueuedRequests;

    /// <summary>Steps in flight in a replica's pipeline. The plan's micro-batches are as many at most.</summary>
    [OptionRange(typeof(SchedulerOptions), Zero = "one a stage, or one a micro-batch of the plan where these are more")]
    public int MaxStepsInFlight { get; set; }

    /// <summary>Prompt tokens of one step while answers are being written.</summary>
    [OptionRange(typeof(SchedulerOptions))]
    public int PrefillTokensBesideDecode { get; set; } = SchedulerOptions.Default.PrefillTokensBesideDecode;

    /// <summary>The most of them where many answers are being written, by the lengths of earlier requests.</summary>
    [OptionRange(typeof(SchedulerOptions))]
    public int MaxPrefillTokensBesideDecode { get; set; } = SchedulerOptions.Default.MaxPrefillTokensBesideDecode;

    /// <summary>
    /// KV cells that a request must get before it starts: WholeAnswer, or Optimistic, which lets more requests run and interrupts the
    /// youngest when cells run short.
    /// </summary>
    public CellReservation CellReservation { get; set; } = SchedulerOptions.Default.CellReservation;

    /// <summary>Optimistic: cells that a request gets beyond its known text, at its start and whenever it has used them up.</summary>
    [OptionRange(typeof(SchedulerOptions))]
    public int CellMarginTokens { get; set; } = SchedulerOptions.Default.CellMarginTokens;

    /// <summary>Optimistic: how often a request may be interrupted before it starts with the cells of its whole answer only.</summary>
    [OptionRange(typeof(SchedulerOptions))]
    public int MaxPreemptions { get; set; } = SchedulerOptions.Default.MaxPreemptions;

    /// <summary>
    /// Whether prompts that begin alike share the KV cache of that beginning, on PREFILL and MIXED replicas. Models whose
    /// sliding windows close within MaxSequenceTokens are served without. See docs/serving.md.
    /// </summary>
    public bool ReusePrefixes { get; set; } = true;

    /// <summary>
    /// Prefixes are shared in whole blocks of so many tokens. Smaller ones share more and may change answers; those that change no bit
    /// have the plan's MaxStepTokens below 64 and the least common multiple of it and 64 from there on.
    /// </summary>
    [OptionRange(1, 8192, Zero = "blocks that change no bit")]
    public int PrefixBlockTokens { get; set; }

    /// <summary>Seconds after which a step that no stage has answered counts as lost.</summary>
    [OptionRange(1, 3600)]
    public double StepTimeoutSeconds { get; set; } = 120;

    /// <summary>
    /// A stage counts as hung when a step takes so many times what its profile says, but never in less than
    /// <see cref="HungStepSeconds"/>. Small values mistake a busy machine for a hung one.
    /// </summary>
    [OptionRange(2, 10_000)]
    public double HungStepFactor { get; set; } = 50;

    /// <summary>
    /// The least time after which a stage counts as hung, and the time that it then has to come back before the replica is taken out
    /// of service.
    /// </summary>
    [OptionRange(0.1, 3600)]
    public double HungStepSeconds { get; set; } = 10;

    /// <summary>
    /// Seconds after which KV cells are freed that nobody asks for any more: on a replica, those of a request whose grain is gone; on a
    /// stage, those of a cache that was to come and whose replica is gone. The same on all silos.
    /// </summary>
    [OptionRange(1, 3600)]
    public double KvLeaseSeconds { get; set; } = 30;

    /// <summary>
    /// Seconds after which a stage unloads its layers that its replica has not asked for any more: the replica, or its silo, is gone.
    /// Longer than a silo may stand still without being given up.
    /// </summary>
    [OptionRange(5, 86_400)]
    public double StageLeaseSeconds { get; set; } = 60;

    /// <summary>
    /// Seconds that a replica whose place another plan needs may go on with the requests that it has, while others take the new ones.
    /// Then they go on elsewhere.
    /// </summary>
    [OptionRange(0, 3600)]
    public double DrainSeconds { get; set; } = 30;

    /// <summary>
    /// Seconds of silence after which a replica is started anew. Before that it is asked how it is, and others are preferred.
    /// </summary>
    [OptionRange(5, 3600)]
    public double ReplicaSilenceSeconds { get; set; } = 60;

    /// <summary>How a replica is chosen where several serve: a name of <see cref="RoutingPolicies"/>.</summary>
    public string RoutingPolicy { get; set; } = RoutingPolicies.LeastFinish;

    /// <summary>The planner, by the name that the <see cref="IPlanAdvisor"/> knows.</summary>
    public string Planner { get; set; } = "e2llm";

    /// <summary>
    /// Whether first and last layers are on devices alone that their fleet file calls trusted. The others see no tokens, only hidden states. The same on
    /// all silos.
    /// </summary>
    public bool TrustedEnds { get; set; }

    /// <summary>
    /// What plans are made for: answers that end soon at the expected rate, most answers within the targets, short waits, or the highest
    /// rate; Auto: the first where the fleet carries the rate with ease, the second above.
    /// </summary>
    public PlanObjective Objective { get; set; } = PlanObjective.Auto;

    /// <summary>Seconds from arrival to the first token within which an answer counts as served in time.</summary>
    [OptionRange(0.001, 86_400)]
    public double TtftTargetSeconds { get; set; } = new ServiceTargets().TtftSeconds;

    /// <summary>Seconds between tokens, on average, within which it does.</summary>
    [OptionRange(0.000_01, 86_400)]
    public double TpotTargetSeconds { get; set; } = new ServiceTargets().TpotSeconds;

    /// <summary>Share of the answers that shall be served in time.</summary>
    [OptionRange(0.01, 0.999)]
    public double TargetShare { get; set; } = new ServiceTargets().Share;

    /// <summary>
    /// Tokens a second that every answer shall get at least. Plans keep to it, and replicas run fewer requests at once where they measure
    /// that it takes that; one always runs.
    /// </summary>
    [OptionRange(typeof(SchedulerOptions), Zero = "no minimum")]
    public double MinimumTokensPerSecond { get; set; }

    /// <summary>Requests a second that are expected.</summary>
    [OptionRange(0.000_001, 1_000_000, Zero = "not known, and planned as one a second")]
    public double ExpectedRequestsPerSecond { get; set; }

    /// <summary>Mean prompt of the expected requests, in tokens.</summary>
    [OptionRange(1, 1 << 24)]
    public double ExpectedInputTokens { get; set; } = 256;

    /// <summary>Mean answer of the expected requests, in tokens.</summary>
    [OptionRange(1, 1 << 24)]
    public double ExpectedOutputTokens { get; set; } = 128;

    /// <summary>How often replicas and readers say that they are there, and look for what was lost. Several times a lease: words may be lost or late.</summary>
    internal TimeSpan TickPeriod => TimeSpan.FromSeconds(Math.Min(Math.Min(1, StepTimeoutSeconds / 2), Math.Min(KvLeaseSeconds, StageLeaseSeconds) / 4));

    /// <summary>Beyond the ranges of single options, and but for the planner, whose names the host knows.</summary>
    public void Check(OptionErrors errors) => errors.CheckName(nameof(RoutingPolicy), RoutingPolicy, RoutingPolicies.Names);

    public SchedulerOptions SchedulerFor(ReplicaPlan replica, ModelSpec model) => new SchedulerOptions
    {
        MaxQueuedRequests = MaxQueuedRequests,
        PrefillTokensBesideDecode = PrefillTokensBesideDecode,
        MaxPrefillTokensBesideDecode = MaxPrefillTokensBesideDecode,
        CellReservation = CellReservation,
        CellMarginTokens = CellMarginTokens,
        MaxPreemptions = MaxPreemptions,
        // A decoder reads a prompt only where its cache did not arrive or was given up: nothing that others will ask for.
        ReusePrefixes = ReusePrefixes && replica.Role != ReplicaRole.Decoder && KvRules.ClosingWindowTokens(model, replica.Engine) is null,
        PrefixBlockTokens = PrefixBlockTokens > 0 ? PrefixBlockTokens : ExactPrefixBlock.Tokens(replica.Engine.MaxStepTokens),
        ExactWhenAlone = PrefixBlockTokens == 0,
    }.For(replica, MaxStepsInFlight);

    public StepTimeLimit StepLimitOf(StagePlan stage) => stage.DecodeSeconds + stage.PrefillSeconds > 0
        ? new StepTimeLimit(
            HungStepSeconds, HungStepFactor * stage.DecodeSeconds, HungStepFactor * (stage.DecodeSeconds + stage.PrefillSeconds))
        : new StepTimeLimit(Math.Max(HungStepSeconds, StepTimeoutSeconds), 0, 0); // the plan predicts nothing to go by

    /// <summary>A fog serves for long: a plan that carries its load for a hundred requests alone is none for it.</summary>
    private const int HorizonRequests = 1000;

    /// <summary>What is expected of the requests. A mean that no sequence could hold is made shorter, prompt and answer alike.</summary>
    public WorkloadSpec WorkloadFor(EngineSettings engine)
    {
        var share = Math.Min(1, Math.Min(engine.MaxSequenceTokens, engine.KvCells) / (ExpectedInputTokens + ExpectedOutputTokens));
        return new WorkloadSpec
        {
            Name = "expected",
            RequestsPerSecond = ExpectedRequestsPerSecond > 0 ? ExpectedRequestsPerSecond : 1,
            MeanInputTokens = Math.Max(1, share * ExpectedInputTokens),
            MeanOutputTokens = Math.Max(1, share * ExpectedOutputTokens),
            HorizonRequests = HorizonRequests,
        };
    }

    /// <summary>What a replica may have instead of <see cref="SettingsFor"/>.</summary>
    /// <param name="settings">Those.</param>
    public ImmutableArray<EngineSettings> ChoicesFor(EngineSettings settings) => EngineLadder.Of(
        settings, KvCells > 0 ? null : CellsPerSequence(settings.MaxSequenceTokens), fixesSequences: MaxSequences > 0, fixesKvType: KvType != KvTypeChoice.Auto);

    /// <param name="model">What is served.</param>
    /// <param name="profiles">Of the devices that may serve it.</param>
    public EngineSettings SettingsFor(ModelSpec model, IEnumerable<DeviceProfile> profiles)
    {
        const int defaultSequenceTokens = 4096;
        const int defaultKvCells = 32768;
        const int defaultSequences = 8;
        var sequences = MaxSequences > 0 ? MaxSequences : defaultSequences;
        var sequenceTokens = Math.Min(model.ContextLengthTokens, MaxSequenceTokens > 0 ? MaxSequenceTokens : defaultSequenceTokens);
        return new EngineSettings
        {
            MaxSequences = sequences,
            MaxSequenceTokens = sequenceTokens,
            // All that run at once can be in one step.
            MaxStepTokens = MaxStepTokens > 0 ? MaxStepTokens : Math.Max(sequences, StepSize.MaxStepTokens(profiles)),
            KvCells = KvCells > 0 ? KvCells
                : MaxSequences > 0 ? (int)Math.Min((long)sequences * sequenceTokens, Math.Max(defaultKvCells, sequenceTokens))
                : Math.Max(sequences * CellsPerSequence(sequenceTokens), sequenceTokens),
            KvType = KvType == KvTypeChoice.Auto ? KvCacheType.F16 : (KvCacheType)KvType,
        };
    }

    // Requests are mostly far shorter than they may be.
    private int CellsPerSequence(int sequenceTokens) =>
        (int)Math.Min(sequenceTokens, Math.Max(Math.Ceiling(ExpectedInputTokens + ExpectedOutputTokens), sequenceTokens / 4));
}
