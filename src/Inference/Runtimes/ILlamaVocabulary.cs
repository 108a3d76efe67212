namespace E2LLM.Inference.Runtimes;

/// <summary>A model's vocabulary in llama.cpp. Thread-safe.</summary>
internal interface ILlamaVocabulary
{
    /// <summary>Tokens.</summary>
    int Size { get; }

    /// <summary>The model's template; null where it has none.</summary>
    string? ChatTemplate { get; }

    /// <summary>Set where a prompt starts with it.</summary>
    int? BeginToken { get; }

    bool IsEndOfGeneration(int token);

    /// <summary>llama_token_attr.</summary>
    int Attributes(int token);

    string? Text(int token);

    /// <returns>Null for more tokens than llama.cpp counts.</returns>
    int[]? Tokenize(string text, bool addSpecial, bool parseSpecial);

    /// <returns>Bytes written, or minus the number that there would be.</returns>
    int Piece(int token, Span<byte> piece);
}
