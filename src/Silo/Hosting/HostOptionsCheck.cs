using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Configuration;
using E2LLM.Silo.Weights;

namespace E2LLM.Silo.Hosting;

/// <summary>What can be told of a host's ports and files before anything is started.</summary>
internal static class HostOptionsCheck
{
    public static void Check(HostOptions options, bool hasTls, OptionErrors errors)
    {
        var http = AddressOf(nameof(options.HttpAddress), options.HttpAddress, isSafe: false, "");
        var silo = AddressOf(nameof(options.Address), options.Address, hasTls, "Give it certificates (E2LLM:Tls; 'e2llm cert' makes them). ");
        Port(nameof(options.HttpPort), options.HttpPort, http);
        Port(nameof(options.SiloPort), options.SiloPort, silo);
        Port(nameof(options.GatewayPort), options.GatewayPort, silo);
        if (!FogModel.Is(options.Model))
            FileIfNamed(nameof(options.Model), options.Model, "a GGUF file, or be fog or fog:ID");
        FileIfNamed(nameof(options.Fleet), options.Fleet, "a fleet file");

        IPAddress AddressOf(string key, string text, bool isSafe, string remedy)
        {
            if (!IPAddress.TryParse(text, out var address))
                errors.Add(key, text, "an IP address");
            else if (!IPAddress.IsLoopback(address) && !isSafe && !options.Insecure)
                errors.Add(
                    $"{errors.Key(key)} is {text}, which other machines reach: whoever does could use the fog, change its plan and read what it is asked. "
                    + remedy + $"Where the network is trusted, {errors.Key(nameof(options.Insecure))} opens it all the same.");
            return address ?? IPAddress.Loopback;
        }

        void Port(string key, int port, IPAddress address)
        {
            if (port is > 0 and <= IPEndPoint.MaxPort && !IsFree(address, port))
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
    private static bool IsFree(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
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
