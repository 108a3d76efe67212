using System.Buffers.Binary;
using E2LLM.Core.Errors;

namespace E2LLM.Inference.Kv;

/// <summary>Reads a sequence state from front to back and believes nothing.</summary>
internal ref struct KvStateCursor(ReadOnlySpan<byte> state)
{
    private readonly ReadOnlySpan<byte> _state = state;

    public int Offset { get; private set; }

    /// <exception cref="EngineException">The state ends before.</exception>
    public uint UInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(_state.Slice(Skip(sizeof(uint), what), sizeof(uint)));

    /// <exception cref="EngineException">The state ends before, or has something else.</exception>
    public void Expect(string what, uint expected)
    {
        var found = UInt32(what);
        if (found != expected)
            throw Refuse($"{what} is {found}, but must be {expected}");
    }

    /// <exception cref="EngineException">The state ends before, or has something else.</exception>
    public void Expect64(string what, ulong expected)
    {
        var found = BinaryPrimitives.ReadUInt64LittleEndian(_state.Slice(Skip(sizeof(ulong), what), sizeof(ulong)));
        if (found != expected)
            throw Refuse($"{what} is {found}, but must be {expected}");
    }

    /// <returns>Where what was skipped starts.</returns>
    /// <exception cref="EngineException">The state ends before.</exception>
    public int Skip(long bytes, string what)
    {
        if (bytes > _state.Length - Offset)
            throw Refuse($"{what} of {bytes} bytes goes beyond the end at {_state.Length}");
        var start = Offset;
        Offset += (int)bytes;
        return start;
    }

    public readonly void ExpectEnd()
    {
        if (Offset != _state.Length)
            throw Refuse($"{_state.Length - Offset} bytes follow the end");
    }

    public readonly EngineException Refuse(string reason) => new($"the sequence state is not as it must be: at byte {Offset}, {reason}");
}
