namespace E2LLM.Core.Errors;

/// <summary>Puts what somebody else said into a message of one's own.</summary>
public static class Sentence
{
    /// <summary>The text with a full stop at its end where it has none, nor another mark that ends a sentence.</summary>
    public static string End(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text is [.., '.' or '!' or '?'] ? text : text + ".";
    }
}
