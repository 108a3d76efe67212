using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Errors;

namespace E2LLM.Silo.Hosting;

/// <summary>What can be told of the options before anything is started.</summary>
internal static class HostOptionsCheck
{
    /// <exception cref="ConfigurationException">Lists every option that is wrong, with its key and value.</exception>
    public static void Check(HostOptions options)
    {
        List<string> errors = [];
        Port(nameof(options.HttpPort), options.HttpPort);
        Port(nameof(options.SiloPort), options.SiloPort);
        Port(nameof(options.GatewayPort), options.GatewayPort);
        FileIfNamed(nameof(options.Model), options.Model, "a GGUF file");
        FileIfNamed(nameof(options.Fleet), options.Fleet, "a fleet file");
        if (options.Name.Length is 0 or > 64)
            errors.Add($"{HostOptions.Section}:{nameof(options.Name)} is '{options.Name}'; it must have 1 to 64 characters.");
        if (errors.Count > 0)
            throw new ConfigurationException(string.Join(Environment.NewLine, errors));

        void Port(string key, int port)
        {
            if (port is < 0 or > 65535)
                errors.Add($"{HostOptions.Section}:{key} is {port}; it must be 0 to 65535.");
            else if (port != 0 && !IsFree(port))
                errors.Add($"{HostOptions.Section}:{key} is {port}; another program listens there. 0 takes a free port.");
        }

        void FileIfNamed(string key, string path, string what)
        {
            if (path.Length > 0 && !File.Exists(path))
                errors.Add($"{HostOptions.Section}:{key} is '{path}'; there is no such file. It must name {what}.");
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
