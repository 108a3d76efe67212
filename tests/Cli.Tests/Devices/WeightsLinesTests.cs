using E2LLM.Cli.Devices;
using E2LLM.Core.Fleets;
using E2LLM.Core.Weights;
using E2LLM.Grains.Interfaces.Fleets;
using E2LLM.Grains.Interfaces.Weights;

namespace E2LLM.Cli.Tests.Devices;

public sealed class WeightsLinesTests
{
    [Fact]
    public void Lines_OfAFleet_AreOneForEachSiloThatHasNotEverything()
    {
        var status = new FleetStatus
        {
            Devices =
            [
                Device("a", new SiloWeights("attic", IsWhole: true, new WeightsProgress { HeldBytes = 4L << 30, ModelBytes = 4L << 30 })),
                Device("b", new SiloWeights("lab", IsWhole: false, new WeightsProgress { HeldBytes = 1L << 30, ModelBytes = 4L << 30 })),
                Device("c", new SiloWeights("lab", IsWhole: false, new WeightsProgress { HeldBytes = 1L << 30, ModelBytes = 4L << 30 })),
                Device("d", new SiloWeights("office", IsWhole: false, new WeightsProgress
                {
                    HeldBytes = 1L << 30, ModelBytes = 4L << 30, Fetching = "layers 4 to 7", FetchedBytes = 256 << 20, WantedBytes = 512 << 20, BytesPerSecond = 8 << 20,
                })),
                Device("e", null),
            ],
        };

        string[] lines = [.. WeightsLines.Of(status)];

        Assert.Equal(2, lines.Length);
        Assert.StartsWith("- lab has 1", lines[0]);
        Assert.EndsWith(" of weights", lines[0]);
        Assert.StartsWith("- office has 1", lines[1]);
        Assert.Contains("layers 4 to 7: 256", lines[1]);
        Assert.EndsWith("/s", lines[1]);
    }

    private static FleetDevice Device(string id, SiloWeights? weights) => new()
    {
        Spec = new DeviceSpec { Id = id, MemoryBytes = 1 },
        Silo = weights?.Silo ?? "none",
        Incarnation = 1,
        State = DeviceState.Offered,
        SilentSeconds = 0,
        Weights = weights,
    };
}
