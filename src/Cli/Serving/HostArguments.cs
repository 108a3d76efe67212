using System.CommandLine;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Weights;

namespace E2LLM.Cli.Serving;

/// <summary>The options that every command has that starts a silo in its own process.</summary>
internal sealed class HostArguments
{
    private readonly Option<string?> _model = new("--model")
    {
        Description = "GGUF file to serve; fog, or fog:ID: the model of the other silos, from which its weights come. Default: the demo model.",
    };

    private readonly Option<FileInfo?> _fleet = new("--fleet")
    {
        Description = "Fleet file (fleets/README.md says what is in it). Default: four unlike emulated devices for the demo model, else this machine.",
    };

    private readonly Option<DirectoryInfo?> _data = new("--data") { Description = "Directory of slices and journal." };

    private readonly Option<int> _port = new("--port") { Description = "HTTP port; 0 takes a free one.", DefaultValueFactory = _ => 8080 };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Any option of the README's table: --set E2LLM:Silo:Name=attic; several times for several.",
        HelpName = "KEY=VALUE",
    };

    public void AddTo(Command command)
    {
        _set.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=') < 1))
                result.AddError($"--set is '{token.Value}'; it must be KEY=VALUE, such as E2LLM:Silo:Name=attic.");
        });
        command.Add(_model);
        command.Add(_fleet);
        command.Add(_data);
        command.Add(_port);
        command.Add(_set);
    }

    /// <summary>What <c>--set</c> gives, as the configuration reads it from a command line.</summary>
    public string[] Settings(ParseResult arguments) => [.. (arguments.GetValue(_set) ?? []).Select(setting => $"--{setting}")];

    /// <summary>The host's options: configuration first, the command line over it.</summary>
    public void Apply(ParseResult arguments, HostOptions options)
    {
        if (arguments.GetValue(_model) is { } model)
            options.Model = FogModel.Is(model) ? model : Path.GetFullPath(model);
        if (arguments.GetValue(_fleet) is { } fleet)
            options.Fleet = fleet.FullName;
        if (arguments.GetValue(_data) is { } data)
            options.DataDirectory = data.FullName;
        if (arguments.GetResult(_port) is { Implicit: false })
            options.HttpPort = arguments.GetValue(_port);
    }
}
