using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>
/// Takes the output of a slice's last block out of the running graph and stops the graph there, so that neither the output norm nor
/// the placeholder head of a slice without a head is computed. llama_decode still returns 0.
/// </summary>
/// <remarks>
/// The rows arrive in batch order, because the KV cache is unified; with streams llama.cpp regroups them without saying so. The
/// public outputs are no alternative: embeddings come after the output norm, which cannot be undone.
/// </remarks>
internal sealed unsafe class HiddenTap : IDisposable
{
    private const int F32 = 0;

    private State* _state;

    /// <param name="lastLayer">Index of the last block within the slice.</param>
    /// <param name="width">n_embd.</param>
    /// <param name="readTensor">See <see cref="ILlamaRuntime.ReadTensor"/>.</param>
    public HiddenTap(int lastLayer, int width, delegate* unmanaged[Cdecl]<GgmlTensor*, void*, nuint, nuint, void> readTensor)
    {
        _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        var name = Encoding.ASCII.GetBytes($"l_out-{lastLayer}\0");
        name.CopyTo(new Span<byte>(_state->Name, GgmlTensor.NameBytes));
        _state->NameBytes = name.Length;
        _state->Width = width;
        _state->ReadTensor = readTensor;
    }

    public static delegate* unmanaged[Cdecl]<GgmlTensor*, byte, void*, byte> Callback => &Evaluate;

    public void* NativeState => _state;

    /// <summary>Rows taken since <see cref="Begin"/>; negative after a tensor that was not [rows, width] of F32 or did not fit.</summary>
    public int Rows => _state->Rows;

    /// <param name="destination">Room for <paramref name="capacityRows"/> rows; must stay in place until the decode has returned.</param>
    /// <param name="capacityRows">Rows that fit.</param>
    public void Begin(float* destination, int capacityRows)
    {
        _state->Destination = destination;
        _state->CapacityRows = capacityRows;
        _state->Rows = 0;
    }

    public void Dispose()
    {
        NativeMemory.Free(_state);
        _state = null;
    }

    // ggml asks of every node whether it is wanted, and calls again with the data of those that are; 0 then ends the graph.
    // Nothing in here may throw.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte Evaluate(GgmlTensor* tensor, byte ask, void* state)
    {
        var tap = (State*)state;
        if (ask != 0)
        {
            var name = new ReadOnlySpan<byte>(tensor->Name, tap->NameBytes);
            return name.SequenceEqual(new ReadOnlySpan<byte>(tap->Name, tap->NameBytes)) ? (byte)1 : (byte)0;
        }
        var rows = tensor->Extent[1];
        if (tensor->Type != F32 || tensor->Extent[0] != tap->Width || tap->Rows < 0 || rows > tap->CapacityRows - tap->Rows)
        {
            tap->Rows = -1;
            return 0;
        }
        var destination = tap->Destination + (long)tap->Rows * tap->Width;
        tap->ReadTensor(tensor, destination, 0, (nuint)(rows * tap->Width * sizeof(float)));
        tap->Rows += (int)rows;
        return 0;
    }

    private struct State
    {
        public fixed byte Name[GgmlTensor.NameBytes];
        public int NameBytes;
        public int Width;
        public delegate* unmanaged[Cdecl]<GgmlTensor*, void*, nuint, nuint, void> ReadTensor;
        public float* Destination;
        public int CapacityRows;
        public int Rows;
    }
}
