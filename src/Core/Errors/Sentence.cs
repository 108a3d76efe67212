namespace E2LLM.Core.Errors;

/// <summary>Puts what somebody else said into a message of one's own.</summary>
public static class Sentence
{
    /// <summary>The text with one full stop at its end, whether it had one or not.</summary>
    public static string End(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.EndsWith('.') ? text : text + ".";
    }
}
