namespace E2LLM.Gateway.OpenAi;

/// <summary>
/// Makes the server close a stream without a proper end, after its error event. Some clients, the official one for .NET among them,
/// skip events that they do not know and would take a proper end for the end of the answer.
/// </summary>
/// <remarks>The server logs it. It is thrown in one place and its reason is in it, so that its stack would tell nothing.</remarks>
internal sealed class BrokenAnswerException(string requestId, string reason)
    : Exception($"The answer of request {requestId} was broken off on purpose: {reason}")
{
    public override string? StackTrace => null;

    public override string ToString() => Message;
}
