using System.Collections.Frozen;
using System.Text.Json;
using E2LLM.Core.Errors;

namespace E2LLM.Gateway.OpenAi;

/// <summary>
/// Refuses every field that is neither served nor without effect. A client that believes that it got JSON, or five choices, or another
/// sampler, is worse off than one that got an error; and what a field means that nobody here knows, nobody here can tell.
/// </summary>
internal static class UnsupportedFields
{
    private const int MaxQuotedCharacters = 64;

    /// <exception cref="RequestRejectedException">The first such field.</exception>
    public static void Refuse(JsonElement body, CompletionKind kind) =>
        Refuse(body, "", kind == CompletionKind.Chat ? RequestFields.Chat : RequestFields.Text);

    /// <param name="body">An object.</param>
    /// <param name="path">Where it is: "" for the body itself, else such as "stream_options.".</param>
    /// <param name="known">The fields that may be there, each with the values of it that may.</param>
    /// <exception cref="RequestRejectedException">The first field that is not known, or has another value.</exception>
    public static void Refuse(JsonElement body, string path, FrozenDictionary<string, Func<JsonElement, bool>> known)
    {
        foreach (var field in body.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null)
                continue;
            var name = path + (field.Name.Length > MaxQuotedCharacters ? field.Name[..MaxQuotedCharacters] + "…" : field.Name);
            if (!known.TryGetValue(field.Name, out var isPossible))
                throw Unsupported(name, RequestFields.Instead(field.Name) is { } other
                    ? $"{name} is not supported; send {other}."
                    : $"{name} is not supported.");
            if (!isPossible(field.Value))
                throw Unsupported(name, $"{name} with this value is not supported.");
        }
    }

    public static RequestRejectedException Unsupported(string name, string message) =>
        new(message) { Code = RejectionCodes.UnsupportedParameter, Parameter = name };
}
