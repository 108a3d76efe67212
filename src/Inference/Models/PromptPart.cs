namespace E2LLM.Inference.Models;

/// <summary>A piece of a prompt, by its origin. Only the template's own text may hold special tokens.</summary>
internal readonly record struct PromptPart(string Text, bool IsTemplate);
