using System.CommandLine;
using E2LLM.Cli.Ask;
using E2LLM.Cli.Rendering;
using E2LLM.Core.Fleets;
using Spectre.Console;

namespace E2LLM.Cli.Devices;

/// <summary><c>e2llm devices</c>: the devices of a fleet, and orders to them.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var command = new Command("devices", "Show the devices of a fleet, or order one of them away or back.");
        command.Add(List());
        command.Add(Order("drain", "Have a device leave: what it does goes on elsewhere; once it is drained its silo can be stopped.", DeviceOrder.Drain));
        command.Add(Order("pause", "Plan without a device until it is resumed, however often its silo starts.", DeviceOrder.Pause));
        command.Add(Order("resume", "Use a device again.", DeviceOrder.None));
        command.Add(Order("evict", "Forget a device at once; it can come back when its silo starts anew.", DeviceOrder.Evict));
        return command;
    }

    private static Command List()
    {
        var client = new ClientArguments();
        var command = new Command("list", "Show the devices.");
        client.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var fleet = await client.ConnectAsync(arguments, cancellationToken);
            var modelId = await client.ModelIdAsync(arguments, fleet, cancellationToken);
            var console = Consoles.Create();
            var devices = await fleet.GetFleetAsync(modelId, cancellationToken);
            console.Write(DeviceTable.Create(devices));
            foreach (var line in WeightsLines.Of(devices))
                console.MarkupLineInterpolated($"{line}");
            // Why a device stays draining, for one: the plan cannot do without it.
            if (await fleet.GetStatusAsync(modelId, cancellationToken) is { Error.Length: > 0 } plan)
                console.MarkupLineInterpolated($"- {plan.Error}");
            return 0;
        });
        return command;
    }

    private static Command Order(string name, string description, DeviceOrder order)
    {
        var client = new ClientArguments();
        var device = new Argument<string>("id") { Description = "Id of the device." };
        var command = new Command(name, description) { device };
        client.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            await using var fleet = await client.ConnectAsync(arguments, cancellationToken);
            var modelId = await client.ModelIdAsync(arguments, fleet, cancellationToken);
            var status = await fleet.OrderDeviceAsync(modelId, arguments.GetValue(device)!, order, cancellationToken);
            Consoles.Create().Write(DeviceTable.Create(status));
            return 0;
        });
        return command;
    }
}
