using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Gguf.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>
/// Runs a few tokens through a stage that has just been loaded, so that a loaded stage is one that works: damage is met here, on the
/// device that has it, and not by the first client. It also reads the weights in, which are mapped and not read until they are used.
/// </summary>
internal static class StageTrial
{
    // Weights that are finite one by one can leave the numbers together, for some tokens and not for others. One step costs little more than one token.
    private const int MaxTokens = EmbeddingTable.SampleRows;

    /// <param name="engine">Holds nothing; holds nothing afterwards.</param>
    /// <param name="settings">How much it takes at once.</param>
    /// <param name="runtime">Converts the embeddings.</param>
    /// <param name="model">Whose stage it is.</param>
    /// <exception cref="EngineException">The stage does not compute.</exception>
    /// <exception cref="ModelFileException">It does, but gives what is no number; or the model's file has been changed.</exception>
    public static async Task RunAsync(IStageEngine engine, EngineSettings settings, ILlamaRuntime runtime, ModelFile model, CancellationToken cancellationToken)
    {
        var tokens = Tokens(model, settings, engine.Info.IsFirst);
        var trial = new StageStep
        {
            StepNumber = 0,
            Commands = [SequenceCommand.Open(0, SamplingOptions.Greedy)],
            Rows = [.. tokens.Select((token, position) => new StepRow(token, position, 0, IsOutput: position == tokens.Length - 1))],
            Hidden = engine.Info.IsFirst ? null : Embeddings(tokens, runtime, model),
        };
        try
        {
            var result = await engine.ExecuteAsync(trial, cancellationToken).ConfigureAwait(false);
            result.Hidden?.Dispose();
        }
        catch (EngineException failure) when (failure.IsNotANumber)
        {
            throw new ModelFileException($"{model.File.Path}: {failure.Message}", failure);
        }

        await engine.ExecuteAsync(new StageStep { StepNumber = 0, Commands = [SequenceCommand.Close(0)] }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>From all over the vocabulary; those whose embeddings are here, where only some are.</summary>
    private static ImmutableArray<int> Tokens(ModelFile model, EngineSettings settings, bool isFirst)
    {
        var vocabularySize = model.HyperParameters.VocabularySize;
        var count = new[] { MaxTokens, settings.MaxStepTokens, settings.MaxSequenceTokens, settings.KvCells, vocabularySize }.Min();
        if (model.Mirror is not null && !isFirst)
            return [.. Enumerable.Range(model.Embedding.FirstSampleRow, count)];
        return [.. Enumerable.Range(0, count).Select(index => (int)((long)index * vocabularySize / count))];
    }

    // A later stage gets the tokens' embeddings too: they are as large as what the layers before would make of them.
    private static TensorBuffer Embeddings(ImmutableArray<int> tokens, ILlamaRuntime runtime, ModelFile model)
    {
        var embeddings = new TokenEmbeddings(runtime, model.File, model.Embedding);
        var hidden = TensorBuffer.Rent(tokens.Length, embeddings.Width);
        try
        {
            embeddings.LookUp(tokens.AsSpan(), hidden.Values);
            return hidden;
        }
        catch
        {
            hidden.Dispose();
            throw;
        }
    }
}
