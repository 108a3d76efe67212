using System.Buffers.Binary;
using System.CommandLine;
using System.Net;
using System.Net.Sockets;

namespace E2LLM.Benchmarks.Network;

/// <summary>
/// <c>raw-peer</c>: the other end of bare TCP connections. What it is asked is how many bytes come and how many it shall answer when they are there. It
/// ends with its standard input.
/// </summary>
internal static class RawPeer
{
    public const string Name = "raw-peer";
    public const string Ready = "ready";
    public const int Port = 5201;
    public const int RequestBytes = 8;

    public static Command Create()
    {
        var address = new Argument<string>("address");
        var command = new Command(Name, "The other end of a bare connection; started by the other commands.") { address };
        command.Hidden = true;
        command.SetAction(async (arguments, cancellationToken) =>
        {
            using var listener = new TcpListener(IPAddress.Parse(arguments.GetValue(address)!), Port);
            listener.Start();
            var serving = new Thread(() => Serve(listener)) { IsBackground = true };
            serving.Start();
            Console.WriteLine(Ready);
            await Console.In.ReadToEndAsync(cancellationToken);
            return 0;
        });
        return command;
    }

    private static void Serve(TcpListener listener)
    {
        while (true)
        {
            var socket = listener.AcceptSocket();
            socket.NoDelay = true;
            new Thread(() => Serve(socket)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket socket)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        var request = new byte[RequestBytes];
        var buffer = new byte[1 << 20];
        while (stream.ReadAtLeast(request, request.Length, throwOnEndOfStream: false) == request.Length)
        {
            for (var left = BinaryPrimitives.ReadInt32LittleEndian(request); left > 0;)
                left -= stream.ReadAtLeast(buffer.AsSpan(0, Math.Min(left, buffer.Length)), 1);
            stream.Write(buffer, 0, BinaryPrimitives.ReadInt32LittleEndian(request.AsSpan(4)));
        }
    }
}
