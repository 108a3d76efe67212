using E2LLM.Core.Errors;

namespace E2LLM.Gguf.Format;

/// <summary>The bytes of one file of a model, wherever they lie. Thread-safe.</summary>
internal interface IPartBytes : IDisposable
{
    /// <summary>For messages; of a file also its name.</summary>
    string Path { get; }

    long LengthBytes { get; }

    /// <summary>When the file was last written to, as it was opened; UTC.</summary>
    DateTime WrittenAt { get; }

    /// <summary>Some of the bytes from an offset on, at least one unless the file ends there.</summary>
    /// <exception cref="E2LlmException">They are not on this machine.</exception>
    int Read(long offsetBytes, Span<byte> destination);

    /// <exception cref="ModelFileException">The bytes are not those that were opened any more.</exception>
    void RequireUnchanged();
}
