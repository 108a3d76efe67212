using System.Collections.Immutable;

namespace E2LLM.Core.Models;

/// <summary>A model's own vocabulary and chat template. Thread-safe.</summary>
public interface ITokenizer
{
    /// <summary>Tokens at which a model ends its answer.</summary>
    ImmutableArray<int> EndOfGenerationTokens { get; }

    /// <summary>UTF-8 bytes of the longest text that is one token: a text of n bytes has at least n / this tokens.</summary>
    int LongestTokenBytes { get; }

    /// <param name="text">Any text.</param>
    /// <param name="addSpecial">Whether the model's begin-of-sequence token is put in front.</param>
    /// <param name="parseSpecial">Whether text such as "&lt;|im_end|&gt;" becomes the special token; never for a user's words.</param>
    ImmutableArray<int> Tokenize(string text, bool addSpecial, bool parseSpecial);

    /// <summary>The prompt of a conversation, by the template in the model's metadata, with the assistant's turn opened.</summary>
    /// <remarks>Special tokens come from the template alone: the same text inside a message stays text.</remarks>
    /// <exception cref="Errors.RequestRejectedException">The model has no template, or one that is not known.</exception>
    ImmutableArray<int> TokenizeChat(IReadOnlyList<ChatTurn> turns);

    /// <summary>A decoder of one answer's tokens.</summary>
    IDetokenizer CreateDetokenizer();
}
