using E2LLM.Core.Errors;
using E2LLM.Core.Models;

namespace E2LLM.Inference.Models;

/// <summary>Reads and writes a few words with a tokenizer that has just been loaded, by themselves and as a conversation.</summary>
internal static class TokenizerTrial
{
    private const string Words = "Hello, world 1!";

    /// <param name="path">Of the model file, for messages.</param>
    /// <exception cref="ModelFileException">Tokens come out that the model does not have, or none, or words are lost.</exception>
    public static void Run(ITokenizer tokenizer, ModelSpec model, string path)
    {
        var tokens = tokenizer.Tokenize(Words, addSpecial: true, parseSpecial: false);
        Check(tokens, model, path, $"the words \"{Words}\"");
        var detokenizer = tokenizer.CreateDetokenizer();
        var text = string.Concat(tokens.Select(detokenizer.Append)) + detokenizer.Flush();
        if (text.Length == 0)
            throw new ModelFileException($"{path}: the vocabulary of '{model.Id}' cannot be used: it reads \"{Words}\" as {tokens.Length} tokens that stand for no text");
        try
        {
            Check(tokenizer.TokenizeChat([new ChatTurn("user", Words)]), model, path, "a conversation");
        }
        catch (RequestRejectedException)
        {
            // A model without a template, or with one that llama.cpp does not know, completes plain prompts; whoever chats is told so.
        }
    }

    private static void Check(IReadOnlyList<int> tokens, ModelSpec model, string path, string what)
    {
        if (tokens.Count == 0)
            throw new ModelFileException($"{path}: the vocabulary of '{model.Id}' cannot be used: {what} become no tokens at all");
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)model.VocabularySize)
                throw new ModelFileException($"{path}: the vocabulary of '{model.Id}' cannot be used: {what} become the token {token}, but there are {model.VocabularySize}");
        }
    }
}
