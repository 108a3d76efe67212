using System.CommandLine;
using System.Net;
using E2LLM.Client;

namespace E2LLM.Cli.Ask;

/// <summary>The options of the commands that talk to a running silo.</summary>
internal sealed class ClientArguments
{
    private const string DemoModelId = "e2llm-demo-q8_0";

    private readonly Option<string> _gateway = new("--gateway")
    {
        Description = "Address of a silo's Orleans gateway.",
        DefaultValueFactory = _ => "127.0.0.1:30000",
    };

    private readonly Option<string> _model = new("--model") { Description = "Id of the model.", DefaultValueFactory = _ => DemoModelId };

    public void AddTo(Command command)
    {
        _gateway.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string>();
            if (!IPEndPoint.TryParse(text ?? "", out var endpoint) || endpoint.Port == 0)
                result.AddError($"--gateway is '{text}'; it must be an address and a port such as 127.0.0.1:30000.");
        });
        command.Add(_gateway);
        command.Add(_model);
    }

    public string ModelId(ParseResult arguments) => arguments.GetValue(_model)!;

    public Task<E2LlmClient> ConnectAsync(ParseResult arguments, CancellationToken cancellationToken) =>
        E2LlmClient.ConnectAsync(
            new E2LlmClientOptions { Gateways = [IPEndPoint.Parse(arguments.GetValue(_gateway)!)] }, cancellationToken);
}
