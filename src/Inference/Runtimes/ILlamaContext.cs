namespace E2LLM.Inference.Runtimes;

/// <summary>KV cache and scratch memory for a model. Every call must come from one thread at a time.</summary>
internal interface ILlamaContext : IDisposable
{
    /// <summary>n_batch.</summary>
    int MaxRows { get; }

    /// <returns>llama_decode's result: 0, or what went wrong. The KV cache may then hold a part of the rows.</returns>
    int Decode(LlamaBatch batch);

    /// <summary>Logits of a row of the latest decode, valid until the next one; empty where the row was no output.</summary>
    ReadOnlySpan<float> Logits(int row);

    /// <summary>Frees the KV cells of a sequence from a position on.</summary>
    void Remove(int sequence, int fromPosition);

    /// <summary>Lets a sequence share the KV cells of another one.</summary>
    void Share(int source, int sequence, int fromPosition, int toPosition);

    /// <summary>Bytes that <see cref="ReadState"/> writes.</summary>
    ulong StateBytes(int sequence);

    /// <returns>Bytes written; 0 where llama.cpp failed.</returns>
    ulong ReadState(int sequence, Span<byte> destination);

    /// <returns>Bytes read; 0 where llama.cpp failed, and the sequence then holds a part or nothing.</returns>
    ulong WriteState(int sequence, ReadOnlySpan<byte> state);
}
