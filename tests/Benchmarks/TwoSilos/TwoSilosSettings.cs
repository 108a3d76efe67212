namespace E2LLM.Benchmarks.TwoSilos;

internal sealed record TwoSilosSettings
{
    public required int PromptTokens { get; init; }

    public required int AnswerTokens { get; init; }

    public required int[] Concurrencies { get; init; }

    /// <summary>Each client sends so many, one after the other; the bare engine gets as many full batches.</summary>
    public required int RequestsPerClient { get; init; }

    public required int Rounds { get; init; }

    /// <summary>Rows of one step in the fog.</summary>
    public required int MaxStepTokens { get; init; }

    public required int PrefillTokensBesideDecode { get; init; }

    /// <summary>Requests that run at once in the pipeline, the others wait in its queue; 0: as many as there are clients.</summary>
    public required int MaxSequences { get; init; }

    /// <summary>Rows of one step where one silo serves the whole model.</summary>
    public required int WholeStepTokens { get; init; }

    public required int WholePrefillTokensBesideDecode { get; init; }

    /// <summary>Steps in flight of the case with micro-batches.</summary>
    public required int StepsInFlight { get; init; }

    /// <summary>Whether to leave out what takes longest: one thread, and one step in flight.</summary>
    public required bool IsBrief { get; init; }

    /// <summary>Layers of the first stage; 0: half of the weights that a token reads.</summary>
    public required int FirstStageLayers { get; init; }
}
