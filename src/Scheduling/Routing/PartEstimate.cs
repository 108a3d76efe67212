using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>
/// What a request, or the part of it that is a replica's role, would meet there: estimated once for each replica, however many routes go by way of it.
/// </summary>
internal readonly record struct PartEstimate
{
    /// <summary>How many come behind for each one that waits already: whoever is served late delays them all.</summary>
    private const double QueueWeight = 4;

    /// <summary>How often the time that answers stand still while a prompt is read counts: batches are full for longer than those that write now.</summary>
    private const double ReadWeight = 2;

    /// <summary>In the queue.</summary>
    public double WaitSeconds { get; private init; }

    /// <summary>Of the prompt; 0 for an answer.</summary>
    public double ReadSeconds { get; private init; }

    /// <summary>Of the answer beside those that run there; 0 for a prompt.</summary>
    public double WriteSeconds { get; private init; }

    /// <summary>What it costs the others that are there, weighted: those that stand in the same queue, and answers that stand still meanwhile.</summary>
    public double OthersSeconds { get; private init; }

    /// <summary>Until all that is pending there is done, this included.</summary>
    public double DoneSeconds { get; private init; }

    /// <summary>Of the part that is the replica's role.</summary>
    public static PartEstimate OfRole(ReplicaLoad replica, RouteRequest request) => replica.Role switch
    {
        ReplicaRole.Prefill => OfPrompt(replica, request),
        ReplicaRole.Decoder => OfAnswer(replica, request),
        _ => OfWhole(replica, request),
    };

    public static PartEstimate OfWhole(ReplicaLoad replica, RouteRequest request)
    {
        var waitSeconds = replica.EstimatedWaitSeconds(request);
        var readSeconds = request.PromptTokens / replica.ReadTokensPerSecond;
        var others = OthersBeside(replica);
        return new PartEstimate
        {
            WaitSeconds = waitSeconds,
            ReadSeconds = readSeconds,
            WriteSeconds = WriteSecondsBeside(others, replica, request),
            OthersSeconds = ReadWeight * others * readSeconds + QueueSeconds(replica, waitSeconds, request.Tokens / replica.TokensPerSecond),
            DoneSeconds = DoneSecondsWith(request.Tokens, replica),
        };
    }

    private static PartEstimate OfPrompt(ReplicaLoad replica, RouteRequest request)
    {
        var waitSeconds = replica.EstimatedWaitSeconds(request);
        var readSeconds = request.PromptTokens / replica.ReadTokensPerSecond;
        return new PartEstimate
        {
            WaitSeconds = waitSeconds,
            ReadSeconds = readSeconds,
            OthersSeconds = QueueSeconds(replica, waitSeconds, readSeconds),
            DoneSeconds = DoneSecondsWith(request.PromptTokens, replica),
        };
    }

    private static PartEstimate OfAnswer(ReplicaLoad replica, RouteRequest request)
    {
        var waitSeconds = replica.EstimatedWaitSeconds(request);
        return new PartEstimate
        {
            WaitSeconds = waitSeconds,
            WriteSeconds = WriteSecondsBeside(OthersBeside(replica), replica, request),
            OthersSeconds = QueueSeconds(replica, waitSeconds, request.MaxTokens / replica.TokensPerSecond),
            DoneSeconds = DoneSecondsWith(request.MaxTokens, replica),
        };
    }

    /// <summary>Whoever has to wait for a slot starts as soon as one is free, so beside as many as there can be.</summary>
    private static int OthersBeside(ReplicaLoad replica) =>
        replica.QueuedRequests > 0 ? replica.MaxSequences - 1 : Math.Min(replica.RunningRequests, replica.MaxSequences - 1);

    private static double WriteSecondsBeside(int others, ReplicaLoad replica, RouteRequest request) =>
        (request.MaxTokens - 1) * replica.TokenSecondsBeside(others);

    private static double DoneSecondsWith(long tokens, ReplicaLoad replica) => (replica.PendingTokens + tokens) / replica.TokensPerSecond;

    /// <summary>What those wait who will stand in the same queue.</summary>
    /// <param name="replica">Whose queue it is.</param>
    /// <param name="waitSeconds">How long the request stands in it.</param>
    /// <param name="workSeconds">How long the replica works for the request.</param>
    private static double QueueSeconds(ReplicaLoad replica, double waitSeconds, double workSeconds)
    {
        var waiting = replica.QueuedRequests + (waitSeconds > 0 ? 1 : 0);
        return waiting == 0 ? 0 : QueueWeight * waiting * workSeconds;
    }
}
