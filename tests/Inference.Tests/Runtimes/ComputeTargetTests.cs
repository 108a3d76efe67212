using E2LLM.Core.Errors;
using E2LLM.Inference.Runtimes;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Runtimes;

public sealed class ComputeTargetTests
{
    private static readonly ComputeDevice[] Devices =
    [
        new("Vulkan0", "an integrated one", ComputeDeviceKind.Other, 1, 1),
        new("CUDA0", "a card", ComputeDeviceKind.Gpu, 1, 1),
        new("CUDA1", "another", ComputeDeviceKind.Gpu, 1, 1),
        new("CPU", "a processor", ComputeDeviceKind.Cpu, 1, 1),
    ];

    [Theory]
    [InlineData("", 99, null)]
    [InlineData("CPU", 0, ComputeTarget.NoGpu)]
    [InlineData("CUDA0", 99, 0)]
    [InlineData("CUDA1", 99, 1)]
    public void Of_ADevice_IsThatAloneInLlamasNumbers(string name, int gpuLayers, int? gpu) =>
        Assert.Equal(new ComputeTarget(gpuLayers, gpu), ComputeTarget.Of(name, Devices, 99));

    [Theory]
    [InlineData("CUDA7")]
    [InlineData("Vulkan0")]
    public void Of_ADeviceThatHoldsNoLayers_NamesThoseThatDo(string name)
    {
        var error = Assert.Throws<EngineException>(() => ComputeTarget.Of(name, Devices, 99));

        Assert.EndsWith("It has: CUDA0, CUDA1, CPU.", error.Message);
    }

    [Fact]
    public void FindDevices_OfThePackagedLibrary_HasTheProcessorAndItsMemory()
    {
        var cpu = Assert.Single(LlamaRuntimes.FindDevices(TestRuntime.Options), device => device.Kind == ComputeDeviceKind.Cpu);

        Assert.Equal("CPU", cpu.Name);
        Assert.InRange(cpu.TotalBytes, 1L << 28, 1L << 50);
    }
}
