namespace E2LLM.Gguf.Format;

/// <summary>A metadata pair. Only scalars are held; strings and arrays stay in the file.</summary>
/// <param name="Key">UTF-8, unique in the file.</param>
/// <param name="Type">Type of the value.</param>
/// <param name="ElementType">Type of an array's elements; of a scalar or string its own type.</param>
/// <param name="Count">Elements of an array, bytes of a string, 1 for a scalar.</param>
/// <param name="OffsetBytes">Of the pair, for messages.</param>
/// <param name="DataOffsetBytes">Of the scalar, of the string's characters, or of the array's first element.</param>
/// <param name="DataLengthBytes">From there to the end of the value.</param>
/// <param name="Bits">A scalar's little-endian bits, zero-extended.</param>
public sealed record GgufEntry(
    string Key,
    GgufValueType Type,
    GgufValueType ElementType,
    long Count,
    long OffsetBytes,
    long DataOffsetBytes,
    long DataLengthBytes,
    ulong Bits);
