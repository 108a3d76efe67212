using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.Tests.Requests;

public class PlanRequestCheckTests
{
    private static readonly PlanRequest Valid = Fixtures.Request(Fixtures.Model(), (1000, 1), (1000, 1));

    public static TheoryData<string, PlanRequest> Faulty { get; } = new()
    {
        { "fleet.devices is 0", Fixtures.Request(Fixtures.Model()) },
        { "fleet.devices[1].id is 'd0'", WithDevice(Valid.Fleet.Devices[0]) },
        { "fleet.devices[1].memoryBytes (d1) is 0", WithDevice(Valid.Fleet.Devices[1] with { MemoryBytes = 0 }) },
        { "fleet.devices[1].memoryBytes (d1) is -5", WithDevice(Valid.Fleet.Devices[1] with { MemoryBytes = -5 }) },
        { "fleet.devices[1].slowdownFactor (d1) is NaN", WithDevice(Valid.Fleet.Devices[1] with { SlowdownFactor = double.NaN }) },
        { "fleet.links[0] (d0 to d9).to is 'd9'", WithLinks(Link("d0", "d9")) },
        { "fleet.links[0] (d0 to d0).to is 'd0'", WithLinks(Link("d0", "d0")) },
        { "fleet.links[1] (d0 to d1)", WithLinks(Link("d0", "d1"), Link("d0", "d1")) },
        { "bandwidthBytesPerSecond is NaN", WithLinks(Link("d0", "d1") with { BandwidthBytesPerSecond = double.NaN }) },
        { "latencySeconds is -1", WithLinks(Link("d0", "d1") with { LatencySeconds = -1 }) },
        { "fleet.defaultLatencySeconds is NaN", Valid with { Fleet = Valid.Fleet with { DefaultLatencySeconds = double.NaN } } },
        { "profiles (d1) is 'none'", Valid with { Profiles = [Valid.Profiles[0]] } },
        { "profiles[2] (d1).deviceId is 'd1'", Valid with { Profiles = [.. Valid.Profiles, Valid.Profiles[1]] } },
        { "profiles[1] (d9).deviceId is 'd9'", WithProfile(Valid.Profiles[1] with { DeviceId = "d9" }) },
        { "profiles[1] (d1).modelId is 'other'", WithProfile(Valid.Profiles[1] with { ModelId = "other" }) },
        { "profiles[1] (d1).prefill is 'empty'", WithProfile(Valid.Profiles[1] with { Prefill = [] }) },
        { "prefill[1].chunkTokens is 1", WithProfile(Valid.Profiles[1] with { Prefill = [new(1, 1), new(1, 1)] }) },
        { "decode[0].secondsPerLayer is NaN", WithProfile(Valid.Profiles[1] with { Decode = [new(1, 1, double.NaN)] }) },
        { "decode[0].secondsPerLayer is 0", WithProfile(Valid.Profiles[1] with { Decode = [new(1, 1, 0)] }) },
        { "head[0].rows is 0", WithProfile(Valid.Profiles[1] with { Head = [new(0, 1)] }) },
        { "head[1].rows is 2", WithProfile(Valid.Profiles[1] with { Head = [new(2, 1), new(2, 1)] }) },
        { "head[0].seconds is -1", WithProfile(Valid.Profiles[1] with { Head = [new(1, -1)] }) },
        { "callSeconds is Infinity", WithProfile(Valid.Profiles[1] with { CallSeconds = double.PositiveInfinity }) },
        { "model.layerBytes is 0", Valid with { Model = Valid.Model with { LayerBytes = [], LayerKvBytesPerToken = [] } } },
        { "model.layerBytes[0] is -1", Valid with { Model = Fixtures.Model(1) with { LayerBytes = [-1] } } },
        { "model.layerKvBytesPerToken is 7", Valid with { Model = Valid.Model with { LayerKvBytesPerToken = [1, 1, 1, 1, 1, 1, 1] } } },
        { "engine.kvCells is 0", Valid with { Engine = Valid.Engine with { KvCells = 0 } } },
        { "maxThreads is 0", Valid with { MaxThreads = 0 } },
        { "engine.maxSequenceTokens is 4096", Valid with { Engine = Valid.Engine with { MaxSequenceTokens = 4096 } } },
    };

    [Theory]
    [MemberData(nameof(Faulty))]
    public void ThrowIfInvalid_FaultyRequest_NamesTheKeyAndItsValue(string message, PlanRequest request) =>
        Assert.Contains(message, Assert.Throws<PlanningException>(() => PlanRequestCheck.ThrowIfInvalid(request)).Message);

    [Fact]
    public void ThrowIfInvalid_ValidRequest_Passes() => PlanRequestCheck.ThrowIfInvalid(Valid);

    [Fact]
    public void ThrowIfInvalid_SeveralFaults_ReportsAllAtOnce()
    {
        var request = WithDevice(Valid.Fleet.Devices[1] with { MemoryBytes = 0 }) with { Profiles = [Valid.Profiles[0]] };
        var message = Assert.Throws<PlanningException>(() => PlanRequestCheck.ThrowIfInvalid(request)).Message;
        Assert.Contains("memoryBytes (d1)", message);
        Assert.Contains("profiles (d1)", message);
    }

    private static LinkSpec Link(string from, string to) => new() { From = from, To = to, BandwidthBytesPerSecond = 1, LatencySeconds = 0 };

    private static PlanRequest WithDevice(DeviceSpec second) =>
        Valid with { Fleet = Valid.Fleet with { Devices = [Valid.Fleet.Devices[0], second] } };

    private static PlanRequest WithLinks(params LinkSpec[] links) => Valid with { Fleet = Valid.Fleet with { Links = [.. links] } };

    private static PlanRequest WithProfile(DeviceProfile second) => Valid with { Profiles = [Valid.Profiles[0], second] };
}
