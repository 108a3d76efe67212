using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Gguf.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>
/// Runs one token through a stage that has just been loaded, so that a loaded stage is one that works: damage is met here, on the
/// device that has it, and not by the first client. It also reads the weights in, which are mapped and not read until they are used.
/// </summary>
internal static class StageTrial
{
    // Every vocabulary has it. A later stage gets the token's embedding too: it is as large as what the layers before would make of it.
    private const int Token = 0;

    /// <param name="engine">Holds nothing; holds nothing afterwards.</param>
    /// <param name="runtime">Converts the embedding.</param>
    /// <param name="model">Whose stage it is.</param>
    /// <exception cref="EngineException">The stage does not compute, or gives what is no number.</exception>
    public static async Task RunAsync(IStageEngine engine, ILlamaRuntime runtime, ModelFile model, CancellationToken cancellationToken)
    {
        var hidden = engine.Info.IsFirst ? null : Embedding(runtime, model);
        var trial = new StageStep
        {
            StepNumber = 0,
            Commands = [SequenceCommand.Open(0, SamplingOptions.Greedy)],
            Rows = [new StepRow(Token, 0, 0, IsOutput: true)],
            Hidden = hidden,
        };
        var result = await engine.ExecuteAsync(trial, cancellationToken).ConfigureAwait(false);
        result.Hidden?.Dispose();
        await engine.ExecuteAsync(new StageStep { StepNumber = 0, Commands = [SequenceCommand.Close(0)] }, cancellationToken).ConfigureAwait(false);
    }

    private static TensorBuffer Embedding(ILlamaRuntime runtime, ModelFile model)
    {
        using var embeddings = new TokenEmbeddings(runtime, model.File, model.Embedding);
        var hidden = TensorBuffer.Rent(1, embeddings.Width);
        embeddings.LookUp(Token, hidden.Values);
        return hidden;
    }
}
