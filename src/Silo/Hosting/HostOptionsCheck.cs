using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Configuration;

namespace E2LLM.Silo.Hosting;

/// <summary>What can be told of a host's ports and files before anything is started.</summary>
internal static class HostOptionsCheck
{
    public static void Check(HostOptions options, OptionErrors errors)
    {
        Port(nameof(options.HttpPort), options.HttpPort);
        Port(nameof(options.SiloPort), options.SiloPort);
        Port(nameof(options.GatewayPort), options.GatewayPort);
        FileIfNamed(nameof(options.Model), options.Model, "a GGUF file");
        FileIfNamed(nameof(options.Fleet), options.Fleet, "a fleet file");

        void Port(string key, int port)
        {
            if (port is > 0 and <= IPEndPoint.MaxPort && !IsFree(port))
                errors.Add($"{errors.Key(key)} is {port}; another program listens there. 0 takes a free port.");
        }

        void FileIfNamed(string key, string path, string what)
        {
            if (path.Length > 0 && !File.Exists(path))
                errors.Add($"{errors.Key(key)} is '{path}'; there is no such file. It must name {what}.");
        }
    }

    /// <summary>
    /// Tried beforehand, because Orleans lets the kernel share its ports: two silos on one port would both start, and each client
    /// would reach either of them.
    /// </summary>
    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode != SocketError.AddressAlreadyInUse;
        }
    }
}
