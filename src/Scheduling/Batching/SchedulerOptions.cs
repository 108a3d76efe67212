using E2LLM.Core.Errors;
using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Batching;

/// <summary>How a replica queues and batches. Unlike <see cref="EngineSettings"/>, none of this touches memory on the devices.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Requests that may wait. Default 256; 1 to 100,000.</summary>
    public int QueueLimit { get; init; } = 256;

    /// <summary>
    /// Steps that may be on their way through the stages. Default 1; 1 to 64. One a stage keeps every stage busy; more only fills
    /// the stages' queues.
    /// </summary>
    public int MaxStepsInFlight { get; init; } = 1;

    /// <summary>
    /// Prompt tokens of one step while any answer is being written, from the step after the one with the last chunk of its prompt.
    /// Default 64; 1 to 8,192. A small value keeps the gaps between the tokens of running answers short, a large one starts new
    /// answers sooner.
    /// </summary>
    public int PrefillTokensBesideDecode { get; init; } = 64;

    /// <summary>Failed steps in a row, without a new token between them, after which a request is given up. Default 3; 1 to 100.</summary>
    public int MaxFailedSteps { get; init; } = 3;

    /// <summary>
    /// Seconds of waiting that make up for one class of <see cref="Core.Requests.RequestPriority"/>. Default 30; 0 (classes count for
    /// nothing) to 86,400.
    /// </summary>
    public double PriorityAgeingSeconds { get; init; } = 30;

    /// <summary>How many KV cells a request must get before it starts. Default WholeAnswer.</summary>
    public CellReservation CellReservation { get; init; } = CellReservation.WholeAnswer;

    /// <summary>
    /// Optimistic: cells that a request gets beyond its known text, when it starts and whenever it has used them up. Default 64; 1 to
    /// 8,192.
    /// </summary>
    public int CellMarginTokens { get; init; } = 64;

    /// <summary>
    /// Optimistic: how often a request may be interrupted. After that it starts only with the cells of its whole answer. Default 2;
    /// 0 to 100.
    /// </summary>
    public int MaxPreemptions { get; init; } = 2;

    /// <summary>
    /// Whether a request may share the KV cache of a prompt that begins as its own. Default false. Not for models with sliding windows,
    /// whose caches do not hold all positions.
    /// </summary>
    public bool ReusePrefixes { get; init; }

    /// <summary>
    /// Prefixes are shared in whole blocks of so many tokens. Default 16; 1 to 524,288. What is read after a shared prefix is cut into
    /// other chunks than the whole prompt would be, and the shape of a batch can change the last bits of a logit:
    /// <see cref="Prefixes.ExactPrefixBlock"/> says which blocks keep them.
    /// </summary>
    public int PrefixBlockTokens { get; init; } = 16;

    /// <summary>
    /// Whether a request that finds the replica idle makes it give up the prefixes that were read beside other requests. Default false.
    /// Neither their bits nor their places in the cache are those of prompts that were read alone, and either can change the bits of
    /// what is read next: without this, a request that is alone could tell what ran before it.
    /// </summary>
    public bool ExactWhenAlone { get; init; }

    /// <summary>Checks these options and the engine's settings together.</summary>
    /// <exception cref="ConfigurationException">Names every value that is out of range.</exception>
    public void Validate(EngineSettings engine)
    {
        List<string> errors = [];
        Check(nameof(QueueLimit), QueueLimit, 1, 100_000);
        Check(nameof(MaxStepsInFlight), MaxStepsInFlight, 1, 64);
        Check(nameof(PrefillTokensBesideDecode), PrefillTokensBesideDecode, 1, 8_192);
        Check(nameof(MaxFailedSteps), MaxFailedSteps, 1, 100);
        Check(nameof(CellMarginTokens), CellMarginTokens, 1, 8_192);
        Check(nameof(PrefixBlockTokens), PrefixBlockTokens, 1, 524_288);
        Check(nameof(MaxPreemptions), MaxPreemptions, 0, 100);
        if (!Enum.IsDefined(CellReservation))
            errors.Add(
                $"{nameof(CellReservation)} is {CellReservation}; it must be one of {string.Join(", ", Enum.GetNames<CellReservation>())}.");
        if (!(PriorityAgeingSeconds is >= 0 and <= 86_400))
            errors.Add($"{nameof(PriorityAgeingSeconds)} is {PriorityAgeingSeconds}; it must be 0 to 86400.");
        Check(nameof(engine.KvCells), engine.KvCells, 1, 1 << 24);
        Check(nameof(engine.MaxSequences), engine.MaxSequences, 1, 255);
        Check(nameof(engine.MaxStepTokens), engine.MaxStepTokens, 1, 8_192);
        Check(nameof(engine.MaxSequenceTokens), engine.MaxSequenceTokens, 1, 1 << 24);
        if (errors.Count > 0)
            throw new ConfigurationException(string.Join(" ", errors));

        void Check(string key, int value, int min, int max)
        {
            if (value < min || value > max)
                errors.Add($"{key} is {value}; it must be {min} to {max}.");
        }
    }
}
