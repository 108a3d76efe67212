namespace E2LLM.DataPlane.Wire;

/// <summary>Wire values; append only.</summary>
internal enum FrameKind : ushort
{
    Hello = 1,
    Block = 2,
    Announce = 3,
    Complete = 4,
    Welcome = 5,
    Ack = 6,
    Whole = 7,
    Again = 8,
    Refused = 9,
    WeightsHello = 10,
    GetManifest = 11,
    GetMap = 12,
    GetPiece = 13,
    Content = 14,
    Absent = 15,
}
