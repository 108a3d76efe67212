namespace E2LLM.Gateway.Tokens;

/// <summary>
/// Tokenises few long texts at a time, so that the processors are left to those who write answers. Short texts go at once.
/// </summary>
internal sealed class TokenizerQueue : IDisposable
{
    /// <summary>UTF-16 characters up to which a text is short: the slowest text of this length takes 25 ms.</summary>
    public const int ShortCharacters = 2048;

    private readonly SemaphoreSlim _places;

    public TokenizerQueue()
        : this(Math.Max(1, Environment.ProcessorCount / 4))
    {
    }

    /// <param name="places">Long texts at a time.</param>
    public TokenizerQueue(int places) => _places = new SemaphoreSlim(places);

    /// <summary>Runs the work on the thread pool. Who leaves does so at once; the work, where it has begun, keeps its place to its end.</summary>
    /// <param name="characters">UTF-16 characters of the text.</param>
    /// <param name="work">Is told when its caller has left.</param>
    public async Task<T> RunAsync<T>(long characters, Func<CancellationToken, T> work, CancellationToken cancellationToken)
    {
        if (characters <= ShortCharacters)
            return await Task.Run(() => work(cancellationToken), cancellationToken);
        await _places.WaitAsync(cancellationToken);
        // Without the token, so that the place is given back in any case.
        var running = Task.Run(
            () =>
            {
                try
                {
                    return work(cancellationToken);
                }
                finally
                {
                    _places.Release();
                }
            },
            CancellationToken.None);
        return await running.WaitAsync(cancellationToken);
    }

    public void Dispose() => _places.Dispose();
}
