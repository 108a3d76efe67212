using System.Net.Sockets;
using System.Text;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Wire;

public sealed class TcpCongestionTests : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public void Dispose() => _socket.Dispose();

    [Fact]
    public void Choose_OneThatEveryLinuxHas_IsTaken()
    {
        if (!OperatingSystem.IsLinux())
            return;

        TcpCongestion.Choose(_socket, "reno");

        Assert.Equal("reno", Chosen());
    }

    [Theory]
    [InlineData("")]
    [InlineData("no-such-one")]
    [InlineData("a-name-that-is-longer-than-the-system-takes")]
    public void Choose_NoneOrNoSuchOne_LeavesTheSystems(string name)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var own = Chosen();

        TcpCongestion.Choose(_socket, name);

        Assert.Equal(own, Chosen());
    }

    private string Chosen()
    {
        var name = new byte[16];
        _socket.GetRawSocketOption(6, 13, name);
        return Encoding.ASCII.GetString(name).TrimEnd('\0');
    }
}
