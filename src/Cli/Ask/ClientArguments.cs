using System.CommandLine;
using System.Net;
using E2LLM.Client;
using E2LLM.Core.Errors;
using E2LLM.Core.Trust;

namespace E2LLM.Cli.Ask;

/// <summary>The options of the commands that talk to a running silo.</summary>
internal sealed class ClientArguments
{
    private readonly Option<string> _gateway = new("--gateway")
    {
        Description = "Address of a silo's Orleans gateway; several, separated by commas: one that answers suffices.",
        DefaultValueFactory = _ => "127.0.0.1:30000",
    };

    private readonly Option<string?> _model = new("--model") { Description = "Id of the model. Default: the one that the silo serves." };

    private readonly Option<FileInfo?> _certificate = new("--cert") { Description = "Client's certificate, where the fog has TLS; its key lies beside it as .key." };

    private readonly Option<FileInfo?> _authority = new("--authority") { Description = "Certificate of the fog's authority, where the fog has TLS." };

    public void AddTo(Command command)
    {
        _gateway.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string>();
            if ((text ?? "").Split(',').Any(part => !IPEndPoint.TryParse(part, out var endpoint) || endpoint.Port == 0))
                result.AddError($"--gateway is '{text}'; it must be an address and a port such as 127.0.0.1:30000.");
        });
        command.Add(_gateway);
        command.Add(_model);
        command.Add(_certificate);
        command.Add(_authority);
    }

    /// <exception cref="E2LlmException">The silo does not serve the model, or the command line does not say which of several.</exception>
    public async Task<string> ModelIdAsync(ParseResult arguments, E2LlmClient fleet, CancellationToken cancellationToken)
    {
        var served = await fleet.GetModelsAsync(cancellationToken);
        return (arguments.GetValue(_model), served) switch
        {
            ({ } named, _) when served.Contains(named) => named,
            ({ } named, _) => throw new E2LlmException($"--model is '{named}'; the silo serves {List(served)}."),
            (null, [var only]) => only,
            _ => throw new E2LlmException($"The silo serves {List(served)}; --model has to name one."),
        };
    }

    public Task<E2LlmClient> ConnectAsync(ParseResult arguments, CancellationToken cancellationToken) =>
        E2LlmClient.ConnectAsync(
            new E2LlmClientOptions
            {
                Gateways = [.. arguments.GetValue(_gateway)!.Split(',').Select(IPEndPoint.Parse)],
                Tls = new TrustOptions
                {
                    Certificate = arguments.GetValue(_certificate)?.FullName ?? "",
                    Key = arguments.GetValue(_certificate) is { } certificate ? Path.ChangeExtension(certificate.FullName, ".key") : "",
                    Authority = arguments.GetValue(_authority)?.FullName ?? "",
                },
            },
            cancellationToken);

    private static string List(IReadOnlyList<string> models) => models.Count == 0 ? "no model" : string.Join(", ", models);
}
