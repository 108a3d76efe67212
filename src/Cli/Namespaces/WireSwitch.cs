namespace E2LLM.Cli.Namespaces;

/// <summary>
/// Frames on their way between the ports of a network, each over the link of its pair. Pure: the caller brings frames and time, and takes
/// them out when they are due. Not thread-safe.
/// </summary>
internal sealed class WireSwitch
{
    /// <summary>Of Ethernet, with all that may stand before 1,500 bytes of payload.</summary>
    public const int MaxFrameBytes = 1600;

    private const int AddressBytes = 6;
    private const byte GroupBit = 1;

    private readonly LinkWire[,] _links;
    private readonly PriorityQueue<Flight, (double Seconds, long Order)> _flights = new();
    private readonly Stack<byte[]> _free = new();
    private long _order;

    /// <param name="links">From each port to each; nothing goes from a port to itself.</param>
    public WireSwitch(LinkWire[,] links) => _links = links;

    /// <summary>When the next frame is due; null: none is on its way.</summary>
    public double? NextSeconds => _flights.TryPeek(out _, out var next) ? next.Seconds : null;

    /// <summary>Ethernet address of what hangs on a port. Locally administered: the second bit of the first byte says so.</summary>
    public static byte[] AddressOf(int port) => [0x02, 0xE2, 0, 0, (byte)(port >> 8), (byte)port];

    /// <summary>A frame has come out of a port. What is for nobody here is dropped.</summary>
    public void Take(int from, ReadOnlySpan<byte> frame, double nowSeconds)
    {
        if (frame.Length is < AddressBytes or > MaxFrameBytes)
            return;
        if ((frame[0] & GroupBit) != 0)
        {
            for (var port = 0; port < _links.GetLength(0); port++)
                Send(from, port, frame, nowSeconds);
        }
        else if (frame[0] == 0x02 && frame[1] == 0xE2 && (frame[4] << 8 | frame[5]) is var to && to < _links.GetLength(0))
        {
            Send(from, to, frame, nowSeconds);
        }
    }

    /// <summary>Takes a frame out that has arrived.</summary>
    /// <param name="nowSeconds">The time.</param>
    /// <param name="deliver">Given port, frame and its bytes; the frame is another's after the call.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryDeliver(double nowSeconds, Action<int, byte[], int> deliver)
    {
        if (!_flights.TryPeek(out var flight, out var due) || due.Seconds > nowSeconds)
            return false;
        _flights.Dequeue();
        deliver(flight.To, flight.Buffer, flight.Bytes);
        _free.Push(flight.Buffer);
        return true;
    }

    private void Send(int from, int to, ReadOnlySpan<byte> frame, double nowSeconds)
    {
        if (from == to || _links[from, to].Send(nowSeconds, frame.Length) is not { } arrivalSeconds)
            return;
        var buffer = _free.Count > 0 ? _free.Pop() : new byte[MaxFrameBytes];
        frame.CopyTo(buffer);
        _flights.Enqueue(new Flight(to, buffer, frame.Length), (arrivalSeconds, _order++));
    }

    private readonly record struct Flight(int To, byte[] Buffer, int Bytes);
}
