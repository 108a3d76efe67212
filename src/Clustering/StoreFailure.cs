using System.Data.Common;
using System.Net.Sockets;
using Azure;
using StackExchange.Redis;

namespace E2LLM.Clustering;

/// <summary>What the clients of all stores throw, told apart and said in a sentence.</summary>
internal static class StoreFailure
{
    /// <summary>Whether it is the store that failed, rather than what it was asked.</summary>
    public static bool IsOf(Exception exception) => exception switch
    {
        AggregateException many => many.InnerExceptions.Any(IsOf),
        RequestFailedException or DbException or RedisException or HttpRequestException or SocketException or IOException or TimeoutException
            or UnauthorizedAccessException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>A sentence, of what was tried last. The further lines of an answer from Azure are its headers; the details of a failure of Redis are its client's counters.</summary>
    public static string ReasonOf(Exception exception)
    {
        while (((exception as AggregateException)?.InnerExceptions[^1] ?? exception.InnerException) is { } inner)
            exception = inner;
        return exception is RequestFailedException { Status: > 0 } failed
            ? $"HTTP {failed.Status}{(failed.ErrorCode is { } code ? $", {code}" : "")}."
            : Sentence(exception.Message);
    }

    /// <summary>The first line of a message, without what a client of Redis appends for its developers.</summary>
    public static string Sentence(string message)
    {
        var line = message.Split('\n')[0];
        var details = line.IndexOf(", command=", StringComparison.Ordinal);
        return (details > 0 ? line[..details] : line).Trim().TrimEnd('.') + ".";
    }
}
