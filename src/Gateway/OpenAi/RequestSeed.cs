using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace E2LLM.Gateway.OpenAi;

/// <summary>The seed of a request's draws.</summary>
internal static class RequestSeed
{
    /// <summary>A client's 64-bit seed; what fits in 32 bits stays itself.</summary>
    public static uint Fold(long seed) => (uint)seed ^ (uint)(seed >> 32);

    /// <summary>For clients that gave none and so expect a new answer each time; from the id, so that the journal tells it.</summary>
    public static uint OfRequest(string id) => BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
