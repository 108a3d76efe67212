using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Tests.Costs;

/// <summary>Devices that may change places without changing anything have one type, so that large fleets stay small to a search.</summary>
public sealed class DeviceTypingTests
{
    [Fact]
    public void Types_OfDevicesOfThreeMachines_AreThree()
    {
        var request = Request("aabbaccb", (from, to) => from == to ? 1e9 : null);

        Assert.Equal([0, 0, 1, 1, 0, 2, 2, 1], new ServingCosts(request).DeviceTypes);
    }

    [Fact]
    public void Types_OfDevicesWithTheSameLinksToAThirdOne_AreOne()
    {
        // Both of "a" send to "b" over one link, and "c" is named by nobody.
        var request = Request("aabcc", (from, to) => (from, to) == ('a', 'b') ? 1e6 : null);

        Assert.Equal([0, 0, 1, 2, 2], new ServingCosts(request).DeviceTypes);
    }

    [Fact]
    public void Types_OfDevicesWhoseLinksDifferInOneFigure_AreTwo()
    {
        var request = Request("aab", (from, to) => (from, to) == ('a', 'b') ? 1e6 : null);
        var other = request.Fleet.Links[0] with { LatencySeconds = 0.001 };

        Assert.Equal([0, 1, 2], new ServingCosts(request with { Fleet = request.Fleet with { Links = request.Fleet.Links.SetItem(0, other) } }).DeviceTypes);
    }

    [Fact]
    public void Types_OfDevicesWithUnlikeLinksToEachOther_AreTwo()
    {
        var request = Request("aa", (_, _) => 1e9);
        var slow = request.Fleet.Links[0] with { BandwidthBytesPerSecond = 1e6 };

        Assert.Equal([0, 1], new ServingCosts(request with { Fleet = request.Fleet with { Links = request.Fleet.Links.SetItem(0, slow) } }).DeviceTypes);
    }

    /// <summary>Equal devices, each on the machine that its letter names.</summary>
    private static PlanRequest Request(string machines, Func<char, char, double?> bytesPerSecond)
    {
        var request = Fixtures.Request(Fixtures.Model(), [.. machines.Select(_ => (1000L, 1.0))]);
        var links = from one in Enumerable.Range(0, machines.Length)
                    from other in Enumerable.Range(0, machines.Length)
                    where one != other && bytesPerSecond(machines[one], machines[other]) is not null
                    select new LinkSpec
                    {
                        From = $"d{one}", To = $"d{other}", BandwidthBytesPerSecond = bytesPerSecond(machines[one], machines[other])!.Value, LatencySeconds = 0,
                    };
        return request with { Fleet = request.Fleet with { DefaultBandwidthBytesPerSecond = 1e7, DefaultLatencySeconds = 0.005, Links = [.. links] } };
    }
}
