using System.Net.Sockets;
using System.Text;

namespace E2LLM.DataPlane.Wire;

/// <summary>
/// How fast a connection may send is decided by its congestion control. What slows down for each frame that is lost, as the usual one does, gets
/// a small part of a wireless link: of 30 MB/s with 5 ms and 0.5 % loss, 2 MB/s a connection, where one that goes by the rate of what arrives gets 28.
/// </summary>
internal static class TcpCongestion
{
    private const int TcpLevel = 6; // IPPROTO_TCP
    private const int Congestion = 13; // TCP_CONGESTION

    /// <summary>Chooses one for a connection. Where the system has none of this name, or does not let this process have it, its own stays.</summary>
    /// <param name="socket">Connected or not.</param>
    /// <param name="name">As the system calls it; empty: its own.</param>
    public static void Choose(Socket socket, string name)
    {
        if (name.Length == 0 || !OperatingSystem.IsLinux())
            return;
        try
        {
            socket.SetRawSocketOption(TcpLevel, Congestion, Encoding.ASCII.GetBytes(name));
        }
        catch (SocketException)
        {
            // It is a matter of speed.
        }
    }
}
