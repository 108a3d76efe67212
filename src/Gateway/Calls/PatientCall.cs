using E2LLM.Gateway.Chat;

namespace E2LLM.Gateway.Calls;

/// <summary>A call to a grain that may be on its way to another silo: what is lost on the way is asked again, as long as there is time.</summary>
internal static class PatientCall
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.05);

    /// <param name="ask">May be called several times; the grain does the same each time.</param>
    /// <param name="patience">For all calls together.</param>
    /// <param name="time">Measures it.</param>
    /// <param name="cancellationToken">Of whoever waits.</param>
    /// <exception cref="TimeoutException">There was no answer in time.</exception>
    public static async Task<T> AskAsync<T>(Func<Task<T>> ask, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        while (true)
        {
            var left = patience - time.GetElapsedTime(startedAt);
            var call = ask();
            try
            {
                return await call.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken);
            }
            catch (Exception lost) when (call.IsFaulted && TokenStream.IsTransport(lost) && time.GetElapsedTime(startedAt) + Pause < patience)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
