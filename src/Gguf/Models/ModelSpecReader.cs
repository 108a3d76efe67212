using E2LLM.Core.Models;
using E2LLM.Gguf.Slicing;

namespace E2LLM.Gguf.Models;

/// <summary>Draws up the facts that planning needs from a model's tensors.</summary>
public static class ModelSpecReader
{
    /// <param name="sha256">Lower-case hex SHA-256 of the file; may stay empty.</param>
    public static ModelSpec Read(ModelFile model, string sha256 = "") =>
        Compute(
            model.Id,
            model.Architecture,
            model.HyperParameters,
            model.Layout,
            tensor => model.File.FindTensor(tensor.Name)!.LengthBytes,
            SlidingWindowMetadata.IsLocal(model, 0, model.HyperParameters.LayerCount)) with
        {
            Sha256 = sha256,
        };

    internal static ModelSpec Compute(
        string id,
        ModelArchitecture architecture,
        HyperParameters sizes,
        IReadOnlyList<ExpectedTensor> layout,
        Func<ExpectedTensor, long> bytesOf,
        bool[] isLocal)
    {
        var layerBytes = new long[sizes.LayerCount];
        var layerFlops = new double[sizes.LayerCount];
        var activeBytes = new long[sizes.LayerCount];
        var embeddingBytes = 0L;
        var sharedBytes = 0L;
        var headBytes = 0L;
        var isTied = true;
        foreach (var tensor in layout)
        {
            var bytes = bytesOf(tensor);
            if (LayerTensorName.TryParse(tensor.Name, out var layer, out _))
            {
                layerBytes[layer] += bytes;
                layerFlops[layer] += FlopsPerToken(tensor, sizes);
                activeBytes[layer] += tensor.Role == TensorRole.Experts ? bytes * sizes.ExpertUsedCount / sizes.ExpertCount : bytes;
            }
            else if (tensor.Name == TensorNames.TokenEmbedding)
            {
                embeddingBytes = bytes;
            }
            else if (TensorNames.IsHead(tensor.Name))
            {
                headBytes += bytes;
                isTied &= tensor.Name != TensorNames.Output;
            }
            else
            {
                sharedBytes += bytes;
            }
        }
        return new ModelSpec
        {
            Id = id,
            Architecture = architecture.Name,
            ContextLengthTokens = sizes.ContextLengthTokens,
            EmbeddingLength = sizes.EmbeddingLength,
            VocabularySize = sizes.VocabularySize,
            LayerBytes = [.. layerBytes],
            LayerKvBytesPerToken = [.. Enumerable.Repeat(sizes.KvBytesPerToken, sizes.LayerCount)],
            HeadBytes = headBytes + (isTied ? embeddingBytes : 0),
            EmbeddingBytes = embeddingBytes,
            SharedBytes = sharedBytes,
            LayerFlopsPerToken = [.. layerFlops],
            LayerWindowTokens = isLocal.Contains(true) ? [.. isLocal.Select(local => local ? sizes.SlidingWindowTokens : 0)] : [],
            LayerActiveBytes = activeBytes.SequenceEqual(layerBytes) ? [] : [.. activeBytes],
        };
    }

    // A multiply and an add for each weight that the token meets.
    private static double FlopsPerToken(ExpectedTensor tensor, HyperParameters sizes)
    {
        var elements = tensor.Shape.Aggregate(1.0, (product, extent) => product * extent);
        return tensor.Role switch
        {
            TensorRole.Matrix => 2 * elements,
            TensorRole.Experts => 2 * elements * sizes.ExpertUsedCount / sizes.ExpertCount,
            _ => 0,
        };
    }
}
