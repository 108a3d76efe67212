namespace E2LLM.DataPlane.Wire;

/// <summary>Wire values; append only.</summary>
internal enum FrameKind : ushort
{
    Hello = 1,
    Block = 2,
    Complete = 3,
    Welcome = 4,
    Ack = 5,
    Again = 6,
    Refused = 7,
}
