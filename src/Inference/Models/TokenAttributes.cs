namespace E2LLM.Inference.Models;

/// <summary>llama_token_attr, as far as it matters here.</summary>
[Flags]
internal enum TokenAttributes
{
    Unknown = 1 << 0,
    Control = 1 << 3,
    UserDefined = 1 << 4,

    /// <summary>Swallows white space before it.</summary>
    StripsLeft = 1 << 7,

    /// <summary>Swallows white space after it.</summary>
    StripsRight = 1 << 8,
}
