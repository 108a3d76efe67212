namespace E2LLM.Inference.Models;

/// <summary>A token whose text is a name and not words: "&lt;|im_start|&gt;".</summary>
internal readonly record struct SpecialToken(int Id, string Text, TokenAttributes Attributes);
