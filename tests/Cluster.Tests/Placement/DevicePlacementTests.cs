using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Errors;
using E2LLM.Grains.Interfaces.Devices;

namespace E2LLM.Cluster.Tests.Placement;

public sealed class DevicePlacementTests
{
    [Fact]
    public async Task DeviceGrain_LivesOnTheSiloThatHostsTheDevice()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeSilos());

        var silos = new List<string>();
        foreach (var device in fog.Fleet.Devices)
            silos.Add((await fog.Client.GetGrain<IDeviceGrain>(device.Id).DescribeAsync()).Silo);

        Assert.Equal(["Silo_0", "Silo_1", "Silo_2"], silos);
    }

    [Fact]
    public async Task DeviceGrain_UnknownDevice_FailsByName()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());

        var error = await Assert.ThrowsAsync<DeviceUnavailableException>(() => fog.Client.GetGrain<IDeviceGrain>("nowhere").DescribeAsync());

        Assert.Contains("'nowhere'", error.Message);
        Assert.True(error.MayRetry);
    }
}
