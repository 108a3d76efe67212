using E2LLM.Core.Requests;

namespace E2LLM.Benchmarks.Load;

/// <summary>An answer with the times at which its tokens reached the reader.</summary>
internal sealed class TimedAnswer
{
    private readonly long _sentAt = TimeProvider.System.GetTimestamp();
    private readonly List<double> _arrivals = [];

    /// <summary>Timestamps of the tokens, in seconds after the request was sent.</summary>
    public IReadOnlyList<double> ArrivalSeconds => _arrivals;

    public double FirstTokenSeconds => _arrivals[0];

    /// <summary>Tokens that came in one chunk with the one before: their gap is 0.</summary>
    public int JoinedTokens { get; private set; }

    public RequestTimeline? Timeline { get; private set; }

    /// <summary>On the clock of the arrivals.</summary>
    public double NowSeconds => TimeProvider.System.GetElapsedTime(_sentAt).TotalSeconds;

    /// <summary>Reads to the end. It must be that of the limit: anything else is no measurement.</summary>
    public static async Task<TimedAnswer> ReadAsync(IAsyncEnumerable<TokenChunk> chunks)
    {
        var answer = new TimedAnswer();
        await answer.ReadAsync(chunks, onTokens: () => { });
        return answer;
    }

    /// <param name="chunks">Enumeration starts with this call.</param>
    /// <param name="onTokens">Called after tokens have been noted.</param>
    public async Task ReadAsync(IAsyncEnumerable<TokenChunk> chunks, Action onTokens)
    {
        TokenChunk? last = null;
        await foreach (var chunk in chunks)
        {
            last = chunk;
            var now = NowSeconds;
            for (var index = 0; index < chunk.Tokens.Length; index++)
                _arrivals.Add(now);
            JoinedTokens += Math.Max(0, chunk.Tokens.Length - 1);
            onTokens();
        }
        if (last is not { Finish: FinishReason.Length })
            throw new InvalidOperationException($"The request ended with {last}.");
        Timeline = last.Timeline;
    }

    /// <summary>Seconds between each token and the next, from the given token on.</summary>
    public IEnumerable<double> Gaps(int fromToken) => Enumerable.Range(fromToken, Math.Max(0, _arrivals.Count - fromToken - 1))
        .Select(index => _arrivals[index + 1] - _arrivals[index]);

    /// <summary>Gaps that ended within a window of the arrivals' clock.</summary>
    public IEnumerable<double> GapsWithin(double fromSeconds, double toSeconds) => Enumerable.Range(1, Math.Max(0, _arrivals.Count - 1))
        .Where(index => _arrivals[index] > fromSeconds && _arrivals[index] <= toSeconds)
        .Select(index => _arrivals[index] - _arrivals[index - 1]);
}
