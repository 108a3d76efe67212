namespace E2LLM.Core.Models;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">"system", "user" or "assistant".</param>
/// <param name="Content">Its text.</param>
[GenerateSerializer, Alias("E2LLM.ChatTurn"), Immutable]
public sealed record ChatTurn([property: Id(0)] string Role, [property: Id(1)] string Content);
