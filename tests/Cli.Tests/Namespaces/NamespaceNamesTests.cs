using E2LLM.Cli.Namespaces;
using E2LLM.Core.Fleets;

namespace E2LLM.Cli.Tests.Namespaces;

public sealed class NamespaceNamesTests
{
    private const string List = """
        e2llm-17-0 (id: 3)
        e2llm-17-1
        blue
        e2llm-18-0
        e2llm-17-x
        other-e2llm-17-0
        """;

    [Fact]
    public void Left_ProcessesThatAreGone_AreTheirNamespacesAndNobodyElses() =>
        Assert.Equal(["e2llm-17-0", "e2llm-17-1"], NamespaceNames.Left(List.ReplaceLineEndings("\n") + "\n", process => process != 17));

    [Fact]
    public void Interfaces_OfTheHighestProcessAndMember_AreShortEnoughForTheSystem()
    {
        const int HighestProcess = 4_194_304;

        Assert.InRange(NamespaceNames.OwnInterface(HighestProcess).Length, 1, 15);
        Assert.InRange(NamespaceNames.MemberInterface(HighestProcess, FogNetwork.MaxMembers - 1).Length, 1, 15);
    }

    [Fact]
    public void LinkBetweenProcesses_OfSeveralDevices_IsTheSlowestOfTheirLinks()
    {
        var devices = new[] { "a", "b", "c" }.Select(id => new DeviceSpec { Id = id, MemoryBytes = 1 }).ToArray();
        var fleet = new FleetSpec
        {
            Name = "fleet",
            Devices = [.. devices],
            DefaultBandwidthBytesPerSecond = 100,
            DefaultLatencySeconds = 3,
            Links =
            [
                new LinkSpec { From = "a", To = "c", BandwidthBytesPerSecond = 10, LatencySeconds = 1, LossShare = 0.1 },
                new LinkSpec { From = "b", To = "a", BandwidthBytesPerSecond = 1, LatencySeconds = 9 }, // within a process
                new LinkSpec { From = "c", To = "b", BandwidthBytesPerSecond = 1, LatencySeconds = 9 }, // the other direction
            ],
        };

        var link = LinkOfShares.Between(fleet, devices[..2], devices[2..]);

        Assert.Equal((10, 3, 0.1), (link.BandwidthBytesPerSecond, link.LatencySeconds, link.LossShare));
    }
}
