namespace E2LLM.Core.Weights;

/// <summary>A file of a model: the whole of it, or a part of a split one.</summary>
/// <param name="Name">Without a folder.</param>
/// <param name="LengthBytes">1 or more.</param>
/// <param name="HeaderBytes">Before the first tensor: metadata, vocabulary, descriptions of the tensors.</param>
public sealed record WeightsFile(string Name, long LengthBytes, long HeaderBytes);
