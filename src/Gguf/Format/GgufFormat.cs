namespace E2LLM.Gguf.Format;

/// <summary>Constants of the GGUF container, and the limits that a file has to keep. They are llama.cpp's or tighter.</summary>
public static class GgufFormat
{
    /// <summary>"GGUF", read as a little-endian number.</summary>
    public const uint Magic = 0x46554747;

    /// <summary>Written always; version 2 has the same layout and is read too.</summary>
    public const uint Version = 3;

    public const uint OldestVersion = 2;

    public const string AlignmentKey = "general.alignment";

    public const int DefaultAlignmentBytes = 32;

    public const int MinAlignmentBytes = 8;

    public const int MaxAlignmentBytes = 1 << 16;

    public const int MaxDimensions = 4;

    public const int MaxKeyBytes = 65535;

    /// <summary>ggml keeps names in 64 bytes with a terminating zero.</summary>
    public const int MaxTensorNameBytes = 63;

    /// <summary>Metadata pairs, and tensors. The largest models have some thousands of tensors.</summary>
    public const int MaxEntries = 1 << 17;

    public const long MaxStringBytes = 1L << 30;

    public const long MaxArrayElements = 1L << 30;

    /// <summary>Bytes of one value of a type of fixed size; 0 for strings, arrays and unknown types.</summary>
    public static int ScalarBytes(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    /// <summary>The next multiple of an alignment that is a power of two.</summary>
    public static long Align(long offset, int alignment) => checked(offset + alignment - 1) & -(long)alignment;
}
