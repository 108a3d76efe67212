using System.Collections.Immutable;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;

namespace E2LLM.Benchmarks.Load;

/// <summary>Prompts of random tokens: the same seed gives the same ones, and no two have a beginning in common.</summary>
internal static class RandomPrompts
{
    /// <summary>Below are special tokens.</summary>
    private const int FirstToken = 300;

    public static ImmutableArray<int>[] Make(ModelSpec model, int count, int promptTokens, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
            Enumerable.Range(0, promptTokens).Select(_ => random.Next(FirstToken, model.VocabularySize)).ToImmutableArray())];
    }

    public static GenerationRequest Request(ModelSpec model, ImmutableArray<int> prompt, int answerTokens) => new()
    {
        Id = Guid.NewGuid().ToString("N"),
        ModelId = model.Id,
        PromptTokens = prompt,
        MaxTokens = answerTokens,
    };
}
