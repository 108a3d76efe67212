namespace E2LLM.Core.Models;

/// <summary>Turns the tokens of one answer into text as they come. Not thread-safe.</summary>
public interface IDetokenizer
{
    /// <summary>The text that has become certain: bytes of an unfinished UTF-8 character are held back.</summary>
    string Append(int token);

    /// <summary>What was held back; bytes that never became a character turn into U+FFFD.</summary>
    string Flush();
}
