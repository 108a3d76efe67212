namespace E2LLM.Cli.Bench.Measures;

/// <summary>Why a request has no whole answer.</summary>
/// <param name="Kind">What is counted: "connection", "status 429", "timeout", "error in stream", "broken stream", "no text".</param>
/// <param name="Message">What the server, or the network, said.</param>
internal sealed record RequestFault(string Kind, string Message);
