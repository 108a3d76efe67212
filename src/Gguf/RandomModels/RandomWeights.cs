using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.RandomModels;

/// <summary>
/// Draws the weights of one tensor after the other, uniformly around zero and of a size at which hidden states neither die out nor blow
/// up. Quantised blocks are drawn as they are stored, never rounded from floats: a second suffices for a gigabyte.
/// </summary>
internal sealed class RandomWeights(GgufWriter writer, ulong seed)
{
    // A multiple of every block of every type that is written here, and of 8.
    private const int PieceElements = 1 << 16;

    // Standard deviations in units of a block's scale: uniform from -127 to 127 and from -7 to 7, with 0 twice as likely as the others.
    private const float ByteDeviation = 73.47f;
    private const float NibbleDeviation = 4.183f;
    private static readonly float UniformHalfWidth = MathF.Sqrt(3);

    private readonly byte[] _piece = new byte[PieceElements * sizeof(float)];
    private readonly byte[] _random = new byte[PieceElements * sizeof(float)];

    public void Write(ExpectedTensor tensor, GgmlType type)
    {
        // A generator of its own for each tensor: its weights depend on neither the order nor the number of the others.
        var random = new Xoshiro256(seed ^ NameHash(tensor.Name));
        var (mean, deviation) = Distribution(tensor);
        var elements = tensor.Shape.Aggregate(1L, (product, extent) => product * extent);
        for (var done = 0L; done < elements; done += PieceElements)
        {
            var count = (int)Math.Min(PieceElements, elements - done);
            writer.Write(type switch
            {
                GgmlType.F32 => Floats(ref random, count, mean, deviation),
                GgmlType.F16 => Halves(ref random, count, mean, deviation),
                GgmlType.Q8_0 => Bytes(ref random, count, deviation),
                _ => Nibbles(ref random, count, deviation),
            });
        }
    }

    private static (float Mean, float Deviation) Distribution(ExpectedTensor tensor)
    {
        var name = tensor.Name;
        if (name.EndsWith("norm.weight", StringComparison.Ordinal))
            return (1, 0.1f);
        if (name.StartsWith("rope_", StringComparison.Ordinal))
            return (4, 1);
        if (name.EndsWith(".bias", StringComparison.Ordinal))
            return (0, 0.1f);
        if (name.EndsWith("attn_sinks.weight", StringComparison.Ordinal))
            return (0, 1);
        if (name is TensorNames.TokenEmbedding or TensorNames.Output)
            return (0, 0.05f);
        var attention = name.EndsWith("attn_q.weight", StringComparison.Ordinal) || name.EndsWith("attn_k.weight", StringComparison.Ordinal);
        return (0, (attention ? 1.2f : 0.8f) / MathF.Sqrt(tensor.Shape[0]));
    }

    private ReadOnlySpan<byte> Floats(ref Xoshiro256 random, int count, float mean, float deviation)
    {
        var values = MemoryMarshal.Cast<byte, float>(_piece.AsSpan())[..count];
        Fill(ref random, values, mean, deviation);
        return MemoryMarshal.AsBytes(values);
    }

    private ReadOnlySpan<byte> Halves(ref Xoshiro256 random, int count, float mean, float deviation)
    {
        Span<float> values = MemoryMarshal.Cast<byte, float>(_piece.AsSpan())[..count];
        Fill(ref random, values, mean, deviation);
        var halves = MemoryMarshal.Cast<byte, Half>(_random.AsSpan())[..count];
        for (var i = 0; i < count; i++)
            halves[i] = (Half)values[i];
        return MemoryMarshal.AsBytes(halves);
    }

    // A block: the scale as F16, then 32 signed bytes.
    private ReadOnlySpan<byte> Bytes(ref Xoshiro256 random, int count, float deviation)
    {
        var quants = _random.AsSpan(0, count);
        random.Fill(quants);
        // Quantisers never write -128, and not every kernel can take it. Nothing would balance it either.
        quants.Replace((byte)0x80, (byte)0);
        return Blocks(quants, 32, deviation / ByteDeviation);
    }

    // A block: the scale as F16, then 16 bytes of two numbers each, stored 8 too high.
    private ReadOnlySpan<byte> Nibbles(ref Xoshiro256 random, int count, float deviation)
    {
        var quants = _random.AsSpan(0, count / 2);
        random.Fill(quants);
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(quants))
            word |= ZeroNibbles(word) << 3;
        return Blocks(quants, 16, deviation / NibbleDeviation);
    }

    // 1 in the lowest bit of every nibble that is 0. That is the number -8, which nothing balances; 8 in its place is the number 0.
    private static ulong ZeroNibbles(ulong word) => ~(word | (word >> 1) | (word >> 2) | (word >> 3)) & 0x1111_1111_1111_1111;

    private ReadOnlySpan<byte> Blocks(ReadOnlySpan<byte> quants, int quantBytes, float scale)
    {
        var blockBytes = sizeof(ushort) + quantBytes;
        var blocks = _piece.AsSpan(0, quants.Length / quantBytes * blockBytes);
        for (var block = blocks; block.Length > 0; block = block[blockBytes..], quants = quants[quantBytes..])
        {
            BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
            quants[..quantBytes].CopyTo(block[sizeof(ushort)..]);
        }
        return blocks;
    }

    private void Fill(ref Xoshiro256 random, Span<float> values, float mean, float deviation)
    {
        // An odd count draws one number more than it needs.
        var bits = MemoryMarshal.Cast<byte, int>(_random.AsSpan(0, (values.Length + 1) / 2 * sizeof(ulong)));
        random.Fill(MemoryMarshal.AsBytes(bits));
        var scale = deviation * UniformHalfWidth / int.MaxValue;
        for (var i = 0; i < values.Length; i++)
            values[i] = mean + bits[i] * scale;
    }

    private static ulong NameHash(string name)
    {
        var hash = 14695981039346656037;
        foreach (var value in Encoding.UTF8.GetBytes(name))
            hash = (hash ^ value) * 1099511628211;
        return hash;
    }
}
