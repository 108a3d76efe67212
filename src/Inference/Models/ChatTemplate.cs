using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Models;

/// <summary>Lays a conversation out by a model's template, keeping apart what comes from the template and what from people.</summary>
/// <remarks>
/// llama.cpp knows templates by their marks and renders them in C++; it runs no template language. It renders placeholders here, so
/// that every piece of the result can be traced to its origin. A placeholder stands between vertical tabs, white space that no template
/// writes: where a tab is gone, the template trims that side of the content, and so do we.
/// </remarks>
internal sealed class ChatTemplate(ILlamaRuntime runtime, string template)
{
    private const char Fence = '\v';

    // Private use: no template contains them.
    private const char Open = '\uE000';
    private const char Close = '\uE001';

    private static readonly string[] Roles = ["system", "user", "assistant"];

    /// <exception cref="RequestRejectedException">An unknown role, or a template that llama.cpp does not know.</exception>
    public IReadOnlyList<PromptPart> Render(IReadOnlyList<ChatTurn> turns)
    {
        if (turns.Count == 0)
            throw new RequestRejectedException("A conversation needs at least one message.");
        foreach (var turn in turns)
            if (!Roles.Contains(turn.Role))
                throw new RequestRejectedException($"A message has the role '{turn.Role}'; roles are {string.Join(", ", Roles)}.");
        var frame = Apply(turns);
        var parts = new List<PromptPart>();
        var done = 0;
        while (frame.IndexOf(Open, done) is var open and >= 0)
        {
            var close = frame.IndexOf(Close, open);
            var content = turns[int.Parse(frame.AsSpan(open + 1, close - open - 1))].Content;
            var (start, end) = (open, close + 1);
            if (start > done && frame[start - 1] == Fence)
                start--;
            else
                content = content.TrimStart();
            if (end < frame.Length && frame[end] == Fence)
                end++;
            else
                content = content.TrimEnd();
            parts.Add(new PromptPart(frame[done..start], IsTemplate: true));
            parts.Add(new PromptPart(content, IsTemplate: false));
            done = end;
        }
        parts.Add(new PromptPart(frame[done..], IsTemplate: true));
        return parts.Count(part => !part.IsTemplate) == turns.Count
            ? parts
            : throw new RequestRejectedException("This model's chat template has no place for some of the messages.");
    }

    private string Apply(IReadOnlyList<ChatTurn> turns) =>
        runtime.ApplyTemplate(template, [.. turns.Select((turn, index) => (turn.Role, $"{Fence}{Open}{index}{Close}{Fence}"))])
        ?? throw new RequestRejectedException(
            "llama.cpp does not know this model's chat template, so the model can only complete plain prompts. It begins: " +
            $"\"{template.AsSpan(0, Math.Min(60, template.Length))}\".");
}
