namespace E2LLM.Gateway.OpenAi;

/// <summary>The two forms of the same service.</summary>
internal enum CompletionKind
{
    /// <summary>/chat/completions: messages, through the model's chat template.</summary>
    Chat,

    /// <summary>/completions: bare text to continue.</summary>
    Text,
}
