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

    /// <summary>A sentence, of what was tried last. The further lines of an answer from Azure are its headers.</summary>
    public static string ReasonOf(Exception exception)
    {
        while (((exception as AggregateException)?.InnerExceptions[^1] ?? exception.InnerException) is { } inner)
            exception = inner;
        return exception switch
        {
            RequestFailedException { Status: > 0 } failed => $"HTTP {failed.Status}{(failed.ErrorCode is { } code ? $", {code}" : "")}.",
            RedisException or RedisTimeoutException => OfRedis(exception.Message),
            _ => Sentence(exception.Message),
        };
    }

    /// <summary>Without the counters that a client of Redis appends for its developers.</summary>
    public static string OfRedis(string message) => Sentence(message.Split("; ")[0].Split(", command=")[0].Split(" (outbound=")[0]);

    private static string Sentence(string message) => message.Split('\n')[0].Trim().TrimEnd('.') + ".";
}
