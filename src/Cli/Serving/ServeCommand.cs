using System.CommandLine;
using E2LLM.Silo.Hosting;
using Microsoft.Extensions.Hosting;

namespace E2LLM.Cli.Serving;

/// <summary><c>e2llm serve</c>: a silo in the foreground, until Ctrl-C.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var host = new HostArguments();
        var command = new HostingCommand("serve", "Start a silo and serve until Ctrl-C.");
        host.AddTo(command);
        // For whoever starts silos as processes of his own: they end with him, however he ends.
        var untilInputEnds = new Option<bool>("--until-input-ends") { Hidden = true };
        command.Add(untilInputEnds);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var app = await SiloHost.BuildAsync(host.Settings(arguments), options => host.Apply(arguments, options), cancellationToken);
            await app.StartAsync(cancellationToken);
            Console.WriteLine($"OpenAI API  {SiloHost.HttpAddress(app)}/v1");
            Console.WriteLine($"dashboard   {SiloHost.HttpAddress(app)}{SiloHost.DashboardPath}/");
            Console.WriteLine($"Orleans     {SiloHost.GatewayAddress(app)}");
            if (arguments.GetValue(untilInputEnds))
                _ = StopAfterInputAsync(app.Lifetime);
            await app.WaitForShutdownAsync(cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task StopAfterInputAsync(IHostApplicationLifetime lifetime)
    {
        await Console.In.ReadToEndAsync();
        lifetime.StopApplication();
    }
}
