using System.CommandLine;
using E2LLM.Silo.Hosting;

namespace E2LLM.Cli.Serving;

/// <summary>The options that every command has that starts a silo in its own process.</summary>
internal sealed class HostArguments
{
    private readonly Option<FileInfo?> _model = new("--model") { Description = "GGUF file to serve. Default: the demo model." };

    private readonly Option<FileInfo?> _fleet = new("--fleet")
    {
        Description = "Fleet file (fleets/README.md says what is in it). Default: four unlike emulated devices.",
    };

    private readonly Option<DirectoryInfo?> _data = new("--data") { Description = "Directory of slices and journal." };

    private readonly Option<int> _port = new("--port") { Description = "HTTP port on loopback; 0 takes a free one.", DefaultValueFactory = _ => 8080 };

    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_fleet);
        command.Add(_data);
        command.Add(_port);
    }

    /// <summary>The host's options: configuration first, the command line over it.</summary>
    public void Apply(ParseResult arguments, HostOptions options)
    {
        if (arguments.GetValue(_model) is { } model)
            options.Model = model.FullName;
        if (arguments.GetValue(_fleet) is { } fleet)
            options.Fleet = fleet.FullName;
        if (arguments.GetValue(_data) is { } data)
            options.DataDirectory = data.FullName;
        if (arguments.GetResult(_port) is { Implicit: false })
            options.HttpPort = arguments.GetValue(_port);
    }
}
