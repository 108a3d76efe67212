using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Models;

/// <summary>Where the first stage looks tokens up.</summary>
/// <param name="Tensor">token_embd.weight: row t is token t.</param>
/// <param name="Scale">Multiply each looked-up value by this, as F32; 1 for most models.</param>
public sealed record EmbeddingTable(GgufTensor Tensor, float Scale)
{
    /// <summary>Rows that a stage is tried with which has no others.</summary>
    public const int SampleRows = 16;

    /// <summary>Tokens.</summary>
    public int Rows => (int)Tensor.Shape[1];

    /// <summary>Elements of a row (n_embd).</summary>
    public int Width => (int)Tensor.Shape[0];

    /// <summary>Storage of the rows; ggml's type traits convert a row to F32.</summary>
    public GgmlType Type => Tensor.Type;

    public long RowBytes => Tensor.RowBytes;

    /// <summary>Of <see cref="SampleRows"/>, one after another: from the middle, where vocabularies have words.</summary>
    public int FirstSampleRow => Math.Max(0, (Rows - SampleRows) / 2);

    /// <summary>A row's place in the file that has the tensor.</summary>
    public long RowOffsetBytes(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, Rows);
        return Tensor.OffsetBytes + token * RowBytes;
    }
}
