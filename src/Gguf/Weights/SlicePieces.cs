using E2LLM.Core.Weights;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Slicing;

namespace E2LLM.Gguf.Weights;

/// <summary>Says which pieces of a model a stage needs.</summary>
internal static class SlicePieces
{
    /// <summary>What a slice is cut from: its layers' tensors, with the last layer the head's, and no others.</summary>
    public static IEnumerable<int> ToCut(WeightsManifest manifest, ModelFile model, int firstLayer, int layerCount) =>
        SliceTensors.Of(model, firstLayer, layerCount)
            .Select(tensor => tensor.Source).OfType<GgufTensor>()
            .SelectMany(source => manifest.PiecesOf(source.Part, source.OffsetBytes, source.LengthBytes));

    /// <summary>What a stage reads beside its slice: a first stage every row of the embedding, another the few that it is tried with.</summary>
    public static IEnumerable<int> Beside(WeightsManifest manifest, ModelFile model, int firstLayer)
    {
        var embedding = model.Embedding;
        return firstLayer == 0
            ? manifest.PiecesOf(embedding.Tensor.Part, embedding.Tensor.OffsetBytes, embedding.Tensor.LengthBytes)
            : manifest.PiecesOf(
                embedding.Tensor.Part, embedding.RowOffsetBytes(embedding.FirstSampleRow), embedding.RowBytes * Math.Min(EmbeddingTable.SampleRows, embedding.Rows));
    }
}
