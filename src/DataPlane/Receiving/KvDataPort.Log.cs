using Microsoft.Extensions.Logging;

namespace E2LLM.DataPlane.Receiving;

/// <remarks>Tokens are never logged.</remarks>
public sealed partial class KvDataPort
{
    [LoggerMessage(LogLevel.Warning, "A connection could not be accepted")]
    private partial void LogNotAccepted(Exception error);

    [LoggerMessage(LogLevel.Warning, "Closed the connection from {Peer}: E2LLM:DataPort:MaxConnections is {MaxConnections}")]
    private partial void LogTooMany(string peer, int maxConnections);

    [LoggerMessage(LogLevel.Warning, "Closed the connection from {Peer}: {Reason}")]
    private partial void LogTurnedAway(string peer, string reason);

    [LoggerMessage(LogLevel.Debug, "The connection from {Peer} broke: {Reason}")]
    private partial void LogBroken(string peer, string reason);

    [LoggerMessage(LogLevel.Error, "The connection from {Peer} failed")]
    private partial void LogFailed(string peer, Exception error);
}
