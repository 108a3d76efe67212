namespace E2LLM.Scheduling.Batching;

/// <summary>
/// The rows that decode rows must leave to prompts. Without it, as many running answers as all steps in flight have rows would keep
/// every prompt from being read.
/// </summary>
/// <remarks>
/// While a prompt waits, every step earns it an eighth of its rows; what is unused adds up to one step. So prompts get an eighth of the
/// rows at least, also where that is less than a row a step, and answers seven eighths. Rows that decode does not need are free anyway.
/// </remarks>
internal sealed class PromptShare(int maxStepRows)
{
    private const int Denominator = 8;
    private int _creditEighths;

    /// <summary>Rows of the next step that decode rows must leave.</summary>
    public int Next(bool promptWaits)
    {
        _creditEighths = promptWaits ? Math.Min(_creditEighths + maxStepRows, Denominator * maxStepRows) : 0;
        return _creditEighths / Denominator;
    }

    /// <summary>Notes the prompt rows of the step that was put together.</summary>
    public void Use(int promptRows) => _creditEighths = Math.Max(0, _creditEighths - Denominator * promptRows);
}
