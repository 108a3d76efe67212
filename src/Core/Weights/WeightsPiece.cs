namespace E2LLM.Core.Weights;

/// <summary>Where a piece lies.</summary>
/// <param name="File">Index of the file.</param>
/// <param name="OffsetBytes">Within the file.</param>
/// <param name="LengthBytes">Of the piece; the last one of a file is shorter as a rule.</param>
public readonly record struct WeightsPiece(int File, long OffsetBytes, int LengthBytes);
