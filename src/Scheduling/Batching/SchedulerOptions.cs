using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Batching;

/// <summary>How a replica queues and batches. Unlike <see cref="EngineSettings"/>, none of this touches memory on the devices.</summary>
public sealed record SchedulerOptions
{
    /// <summary>The largest value of <see cref="MaxStepsInFlight"/>.</summary>
    public const int MostStepsInFlight = 64;

    /// <summary>The defaults.</summary>
    public static readonly SchedulerOptions Default = new();

    /// <summary>Requests that may wait.</summary>
    [OptionRange(1, 100_000, Unit = "requests")]
    public int MaxQueuedRequests { get; init; } = 256;

    /// <summary>
    /// Steps that may be on their way through the stages. One a stage keeps every stage busy; more only fills the stages'
    /// queues.
    /// </summary>
    [OptionRange(1, MostStepsInFlight, Unit = "steps")]
    public int MaxStepsInFlight { get; init; } = 1;

    /// <summary>
    /// Steps with decode rows among those in flight: the micro-batches that the running answers are split into. 0: as many as steps may
    /// be in flight.
    /// </summary>
    [OptionRange(1, MostStepsInFlight, Unit = "steps", Zero = "MaxStepsInFlight")]
    public int MicroBatches { get; init; }

    /// <summary>Requests that may hold slots at once, whatever their phase. 0: as many as there are slots.</summary>
    [OptionRange(1, 255, Unit = "requests", Zero = "MaxSequences")]
    public int MaxRunning { get; init; }

    /// <summary>
    /// Tokens a second that every running answer shall get: fewer requests run at once where that is what it takes, but always one.
    /// </summary>
    [OptionRange(0.000_001, 1_000_000, Zero = "no minimum")]
    public double MinimumTokensPerSecond { get; init; }

    /// <summary>Seconds between two tokens of an answer that the plan predicts with <see cref="MaxRunning"/> requests; 0: none.</summary>
    [OptionRange(0, 1_000_000)]
    public double PlannedTokenSeconds { get; init; }

    /// <summary>
    /// Prompt tokens of one step while any answer is being written, from the step after the one with the last chunk of its prompt.
    /// A small value keeps the gaps between the tokens of running answers short, a large one starts new answers sooner.
    /// </summary>
    [OptionRange(1, 8192)]
    public int PrefillTokensBesideDecode { get; init; } = 64;

    /// <summary>
    /// The most of them where many answers are being written: as many as belong to these, by the lengths of earlier requests, so that slots
    /// do not stay free while prompts wait. A plan takes less where its devices gain nothing by more. Below
    /// <see cref="PrefillTokensBesideDecode"/> it changes nothing.
    /// </summary>
    [OptionRange(1, 8192)]
    public int MaxPrefillTokensBesideDecode { get; init; } = 512;

    /// <summary>Failed steps in a row, without a new token between them, after which a request is given up.</summary>
    [OptionRange(1, 100)]
    public int MaxFailedSteps { get; init; } = 3;

    /// <summary>
    /// Seconds of waiting that make up for one class of <see cref="Core.Requests.RequestPriority"/>; with 0 classes count for nothing.
    /// </summary>
    [OptionRange(0, 86_400)]
    public double PriorityAgeingSeconds { get; init; } = 30;

    /// <summary>How many KV cells a request must get before it starts.</summary>
    public CellReservation CellReservation { get; init; } = CellReservation.WholeAnswer;

    /// <summary>Optimistic: cells that a request gets beyond its known text, when it starts and whenever it has used them up.</summary>
    [OptionRange(1, 8192)]
    public int CellMarginTokens { get; init; } = 64;

    /// <summary>Optimistic: how often a request may be interrupted. After that it starts only with the cells of its whole answer.</summary>
    [OptionRange(0, 100)]
    public int MaxPreemptions { get; init; } = 2;

    /// <summary>
    /// Whether a request may share the KV cache of a prompt that begins as its own. Not for models with sliding windows,
    /// whose caches do not hold all positions.
    /// </summary>
    public bool ReusePrefixes { get; init; }

    /// <summary>
    /// Prefixes are shared in whole blocks of so many tokens. What is read after a shared prefix is cut into
    /// other chunks than the whole prompt would be, and the shape of a batch can change the last bits of a logit:
    /// <see cref="Prefixes.ExactPrefixBlock"/> says which blocks keep them.
    /// </summary>
    [OptionRange(1, 524_288)]
    public int PrefixBlockTokens { get; init; } = 16;

    /// <summary>
    /// Whether a request that finds the replica idle makes it give up the prefixes that were read beside other requests.
    /// Neither their bits nor their places in the cache are those of prompts that were read alone, and either can change the bits of
    /// what is read next: without this, a request that is alone could tell what ran before it.
    /// </summary>
    public bool ExactWhenAlone { get; init; }

    /// <summary>These options with the concurrency that a plan gives to a replica.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="maxStepsInFlight">0: as many as keep its stages busy.</param>
    public SchedulerOptions For(ReplicaPlan replica, int maxStepsInFlight = 0) => this with
    {
        // Prompts need a step a stage, however few micro-batches the answers make.
        MaxStepsInFlight = maxStepsInFlight > 0
            ? maxStepsInFlight
            : Math.Min(Math.Max(replica.Stages.Length, replica.MicroBatches), MostStepsInFlight),
        MicroBatches = Math.Min(replica.MicroBatches, MostStepsInFlight),
        // Who plans without figures leaves it at what is always read.
        MaxPrefillTokensBesideDecode = replica.PromptRowsBesideDecode > 0
            ? Math.Min(MaxPrefillTokensBesideDecode, replica.PromptRowsBesideDecode)
            : PrefillTokensBesideDecode,
        MaxRunning = Math.Min(replica.DecodeConcurrency, replica.Engine.MaxSequences),
        // A PREFILL replica writes answers only where nobody else is there to do so.
        MinimumTokensPerSecond = replica.Role == ReplicaRole.Prefill ? 0 : replica.MinimumTokensPerSecond,
        PlannedTokenSeconds = replica.DecodeConcurrency > 0 ? replica.TokenSeconds : 0,
    };

    /// <summary>Checks these options and the engine's settings together.</summary>
    /// <exception cref="ConfigurationException">Names every value that is out of range.</exception>
    public void Validate(EngineSettings engine) => new OptionErrors("").CheckRanges(this).CheckRanges(engine).ThrowIfAny();
}
