using System.Text.RegularExpressions;
using E2LLM.Clustering;
using E2LLM.Core.Errors;
using Orleans.Persistence.Redis;

namespace E2LLM.Silo.Storage;

/// <summary>
/// Whether the store answers. While it does not, one call in two seconds tries it, and all others are refused at once: no request waits
/// for a store that is gone. Its going and its coming back are one line of the log each.
/// </summary>
internal sealed partial class StorageOutage(TimeProvider time, ILogger<StorageOutage> logger)
{
    public static readonly TimeSpan ProbePeriod = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    /// <summary>Timestamp of the first failure; null while the store answers.</summary>
    private long? _since;
    private long _lastProbe;

    /// <returns>A timestamp, for <see cref="Answered"/>.</returns>
    /// <exception cref="StorageUnavailableException">The store did not answer a moment ago.</exception>
    public long Enter()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_since is not null)
            {
                if (time.GetElapsedTime(_lastProbe, now) < ProbePeriod)
                    throw new StorageUnavailableException("The journal's store does not answer. The call can be made again in a few seconds.");
                _lastProbe = now;
            }
            return now;
        }
    }

    /// <param name="entered">Calls that began before the outage say nothing of its end.</param>
    public void Answered(long entered)
    {
        lock (_lock)
        {
            if (_since is not { } since || entered <= since)
                return;
            LogBack(time.GetElapsedTime(since).TotalSeconds);
            _since = null;
        }
    }

    /// <returns>What to throw.</returns>
    public StorageUnavailableException Failed(Exception cause)
    {
        var reason = ReasonOf(cause);
        lock (_lock)
            if (_since is null)
            {
                _since = _lastProbe = time.GetTimestamp();
                LogGone(reason);
            }
        return new StorageUnavailableException($"The journal's store does not answer: {reason}", cause);
    }

    /// <summary>Whether it is the store that failed, rather than what it was to keep.</summary>
    public static bool IsOf(Exception exception) => exception is RedisStorageException failed
        ? ClientOfRedis().IsMatch(failed.Message)
        : StoreFailure.IsOf(exception);

    /// <summary>A sentence, of what was tried last.</summary>
    public static string ReasonOf(Exception exception) =>
        exception is RedisStorageException failed && ClientOfRedis().Match(failed.Message) is { Success: true } thrown
            ? StoreFailure.OfRedis(failed.Message[(thrown.Index + thrown.Length)..])
            : StoreFailure.ReasonOf(exception);

    /// <summary>Orleans' provider for Redis hands on no inner exception: what its client threw stands in the text, and so does what the serializer threw.</summary>
    [GeneratedRegex(@" (StackExchange\.Redis\.Redis\w*|System\.TimeoutException|System\.ObjectDisposedException): ", RegexOptions.CultureInvariant)]
    private static partial Regex ClientOfRedis();

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal's store does not answer: {Reason} Requests go on; their records are held in memory and written when it is back. "
        + "A silo that ends before has lost them.")]
    private partial void LogGone(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal's store answers again after {Seconds:0} s. What was held in memory is being written.")]
    private partial void LogBack(double seconds);
}
