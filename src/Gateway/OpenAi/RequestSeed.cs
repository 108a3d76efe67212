using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace E2LLM.Gateway.OpenAi;

/// <summary>The seed of a request's draws.</summary>
internal static class RequestSeed
{
    /// <summary>Asks for another answer each time, as in llama.cpp.</summary>
    private const long Random = -1;

    /// <param name="seed">The client's, of 64 bits; null where it gave none.</param>
    /// <param name="id">Of the request; it gives the seed where the client did not, so that the journal tells it.</param>
    public static uint Read(long? seed, string id) => seed is null or Random ? OfRequest(id) : Fold(seed.Value);

    /// <summary>What fits in 32 bits, with a sign or without, stays itself, so that near seeds do not meet.</summary>
    private static uint Fold(long seed) => seed is >= int.MinValue and <= uint.MaxValue ? (uint)seed : (uint)seed ^ (uint)(seed >> 32);

    private static uint OfRequest(string id) => BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
