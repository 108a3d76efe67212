using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Slicing;

/// <summary>
/// Cuts layers [first, first + count) out of a model into a GGUF file that an unmodified llama.cpp loads as a model of its own. Every
/// slice takes embeddings, so none has a vocabulary; the one with the last layer carries the output norm and the head.
/// </summary>
/// <remarks>
/// <para>llama.cpp wants a token embedding in any case. A slice without the head has one row of zeros; in a slice with the head the head
/// stands under that name, and llama.cpp takes it for a model whose head and embedding are one matrix.</para>
/// <para>Weights are copied byte for byte, so that a chain of slices computes the very bits of the whole model.</para>
/// </remarks>
public static class ModelSlicer
{
    /// <summary>Part of a stored slice's identity: raise it whenever the same arguments give other bytes than before.</summary>
    public const int RecipeVersion = 2;

    private const int PieceBytes = 1 << 20;

    /// <param name="sourceSha256">Lower-case hex SHA-256 of the model file; written into the slice.</param>
    /// <param name="output">Written from its position on; not closed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The model has no such layers.</exception>
    public static void Write(
        ModelFile model, int firstLayer, int layerCount, string sourceSha256, Stream output, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstLayer);
        ArgumentOutOfRangeException.ThrowIfLessThan(layerCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layerCount, model.HyperParameters.LayerCount - firstLayer);
        var writer = new GgufWriter(output);
        SliceMetadata.Add(writer, model, firstLayer, layerCount, sourceSha256);
        var tensors = SliceTensors.Of(model, firstLayer, layerCount);
        foreach (var tensor in tensors)
            writer.AddTensor(tensor.Name, tensor.Type, tensor.Shape.AsSpan());
        writer.BeginData();
        var buffer = new byte[PieceBytes];
        foreach (var tensor in tensors)
        {
            if (tensor.Source is { } source)
                model.File.StreamTensor(source, buffer, piece => writer.Write(piece.Span), cancellationToken);
            else
                WriteZeros(writer, tensor.LengthBytes, buffer, cancellationToken);
        }
        writer.Complete();
    }

    private static void WriteZeros(GgufWriter writer, long bytes, byte[] buffer, CancellationToken cancellationToken)
    {
        Array.Clear(buffer);
        for (var left = bytes; left > 0; left -= buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.Write(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
        }
    }
}
