using System.CommandLine;
using System.Text.Json;

namespace E2LLM.Benchmarks.Network;

/// <summary><c>network-end</c>: the first silo and the load, within the first namespace.</summary>
internal static class NetworkEndCommand
{
    public const string Name = "network-end";

    public static Command Create()
    {
        var spec = new Argument<string>("spec");
        var command = new Command(Name, "One end of a network; started by the other commands.") { spec };
        command.Hidden = true;
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await new NetworkBenchmark(JsonSerializer.Deserialize<NetworkSpec>(arguments.GetValue(spec)!)!).RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
