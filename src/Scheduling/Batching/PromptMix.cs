namespace E2LLM.Scheduling.Batching;

/// <summary>
/// How many prompt rows belong beside the decode rows of a step, by what requests turned out to be: as many tokens of prompts as there are for
/// each token of an answer.
/// </summary>
/// <remarks>
/// A replica that reads fewer never gets as many answers running as it has slots: it is busy with steps that are mostly their fixed cost, while
/// requests queue. With prompts of 1,155 tokens and answers of 211 on one device, 64 rows a step made 1.6 requests/s of 4.2 (simulated). One that reads more stalls
/// answers for nothing. Few answers bring few rows with them, so that a long prompt beside a lone answer is read in small pieces as before.
/// </remarks>
internal sealed class PromptMix
{
    /// <summary>More than goes out at the other end, so that free slots are filled.</summary>
    private const double Headroom = 1.25;

    /// <summary>Of what is known, kept with each request that ends: some fifty requests count.</summary>
    private const double Memory = 0.98;

    private double _promptTokens;
    private double _answerTokens;

    /// <summary>A request has ended that was read and written here.</summary>
    public void OnEnded(int promptTokens, int answerTokens)
    {
        _promptTokens = Memory * _promptTokens + promptTokens;
        _answerTokens = Memory * _answerTokens + answerTokens;
    }

    /// <summary>0 before a request has ended.</summary>
    public int RowsBeside(int decodeRows) => _answerTokens > 0 ? (int)Math.Min(int.MaxValue, Math.Ceiling(Headroom * _promptTokens / _answerTokens * decodeRows)) : 0;
}
