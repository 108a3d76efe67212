namespace E2LLM.Scheduling.Routing;

/// <summary>What a request will be to a replica that it was sent to.</summary>
/// <param name="PendingTokens">What the replica has to read and may have to write for it.</param>
/// <param name="KvCells">Cells that it may come to need there.</param>
/// <param name="AwaitedKvTokens">Prompt tokens whose KV cache will come to it.</param>
public readonly record struct RoutedPart(long PendingTokens, int KvCells, int AwaitedKvTokens = 0)
{
    public static RoutedPart Whole(RouteRequest request) => new(request.Tokens, Cells(request.Tokens));

    public static RoutedPart Prompt(RouteRequest request) => new(request.PromptTokens, Cells(request.PromptTokens));

    /// <summary>The answer to a prompt that another replica reads; the cells of the prompt are needed all the same.</summary>
    public static RoutedPart Answer(RouteRequest request) => new(request.MaxTokens, Cells(request.Tokens), request.PromptTokens);

    private static int Cells(long tokens) => (int)Math.Min(int.MaxValue, tokens);
}
