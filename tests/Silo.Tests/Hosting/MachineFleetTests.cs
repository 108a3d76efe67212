using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Inference.Runtimes;
using E2LLM.Silo.Hosting;
using Microsoft.Extensions.Configuration;

namespace E2LLM.Silo.Tests.Hosting;

/// <summary>What becomes of what the engine finds. That it finds GPUs was never tried on a machine that has one.</summary>
public sealed class MachineFleetTests
{
    private const long GiB = 1L << 30;

    private static readonly ComputeDevice Cpu = new("CPU", "AMD EPYC", ComputeDeviceKind.Cpu, 64 * GiB, 32 * GiB);
    private static readonly ComputeDevice Card = new("CUDA0", "NVIDIA GeForce RTX 4090", ComputeDeviceKind.Gpu, 24 * GiB, 23 * GiB);
    private static readonly ComputeDevice BusyCard = new("CUDA1", "NVIDIA GeForce RTX 3060", ComputeDeviceKind.Gpu, 12 * GiB, 2 * GiB);

    [Fact]
    public void Of_MachineWithoutGpus_IsItsProcessorAsTheEngineSeesFit()
    {
        var device = Assert.Single(Fleet([Cpu, new ComputeDevice("BLAS", "OpenBLAS", ComputeDeviceKind.Other, 0, 0)]));

        Assert.Equal(("attic", "", Environment.ProcessorCount), (device.Id, device.ComputeDevice, device.Threads));
        Assert.True(device.MemoryBytes > 0);
    }

    [Fact]
    public void Of_MachineWithGpus_HasADeviceForEachBesideTheProcessor()
    {
        var devices = Fleet([Card, BusyCard, Cpu]);

        Assert.Equal(
            [("attic", "CPU"), ("attic-cuda0", "CUDA0"), ("attic-cuda1", "CUDA1")], devices.Select(device => (device.Id, device.ComputeDevice)));
        Assert.Equal([12 * GiB, 2 * GiB], devices.Skip(1).Select(device => device.MemoryBytes));
        Assert.Equal("NVIDIA GeForce RTX 4090, 50 % of 24 GiB", devices[1].Description.Replace("50%", "50 %", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_GpusThatTheirOwnerKeeps_AreNeitherDevicesNorUsedByTheProcessors()
    {
        var device = Assert.Single(Fleet([Card, Cpu], new MachineOptions { Gpus = false }));

        Assert.Equal(("attic", "CPU"), (device.Id, device.ComputeDevice));
    }

    [Fact]
    public void Of_GpuOfTheProcessorsOwnMemory_IsNotOfferedTwice()
    {
        var device = Assert.Single(Fleet([Cpu, new ComputeDevice("Vulkan0", "AMD Radeon 780M", ComputeDeviceKind.Other, 16 * GiB, 16 * GiB)]));

        Assert.Equal("", device.ComputeDevice);
    }

    [Fact]
    public void Of_LongNameOfASilo_LeavesRoomForTheGpus()
    {
        var devices = MachineFleet.Of(new string('a', 64), new MachineOptions(), [Card, BusyCard, Cpu]).Devices;

        Assert.All(devices, device => Assert.InRange(device.Id.Length, 1, 64));
        Assert.Equal(3, devices.Select(device => device.Id).Distinct().Count());
    }

    [Fact]
    public void Read_WithoutAFleetFile_AsksTheEngineWhatThereIs()
    {
        var configuration = Read(new Probe(_ => [Cpu, Card]));

        Assert.Equal(["home", "home-cuda0"], configuration.Fleet.Devices.Select(device => device.Id));
    }

    [Fact]
    public void Read_EngineThatCannotBeLoaded_IsAnErrorLikeAnyOther()
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(new Probe(_ => throw new ConfigurationException("no library there"))));

        Assert.Equal("no library there", error.Message);
    }

    [Fact]
    public void Read_OptionsThatAreWrong_LoadsNoEngine()
    {
        var error = Assert.Throws<ConfigurationException>(
            () => Read(new Probe(_ => throw new InvalidOperationException("loaded")), KeyValuePair.Create("E2LLM:Engine:GpuLayers", (string?)"-1")));

        Assert.Equal("E2LLM:Engine:GpuLayers is -1; it must be 0 to 10,000.", error.Message);
    }

    private static HostConfiguration Read(IComputeDeviceProbe probe, params KeyValuePair<string, string?>[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            [KeyValuePair.Create("E2LLM:Silo:Model", (string?)typeof(MachineFleetTests).Assembly.Location), KeyValuePair.Create("E2LLM:Silo:Name", (string?)"home"), .. settings]).Build();
        return HostConfiguration.Read(new ConfigurationReader(configuration), host => (host.HttpPort, host.SiloPort, host.GatewayPort) = (0, 0, 0), probe);
    }

    private static IReadOnlyList<DeviceSpec> Fleet(IReadOnlyList<ComputeDevice> found, MachineOptions? options = null) =>
        MachineFleet.Of("attic", options ?? new MachineOptions { MemoryShare = 0.5 }, found).Devices;

    private sealed class Probe(Func<LlamaLibraryOptions, IReadOnlyList<ComputeDevice>> find) : IComputeDeviceProbe
    {
        public IReadOnlyList<ComputeDevice> Find(LlamaLibraryOptions library) => find(library);
    }
}
