using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.FleetFiles;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Requests;
using E2LLM.Planning.Tests.FleetFiles;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Presets;

public class PresetTests
{
    [Fact]
    public void All_EveryDevice_HasASourceAndPlausibleRates()
    {
        Assert.InRange(DevicePresets.All.Count, 20, 40);
        Assert.All(DevicePresets.All, preset =>
        {
            string[] parts = preset.Source.Split("; ");
            Assert.StartsWith("memory: ", parts[0]);
            string[] rates = parts.Length == 2 ? ["prefill and decode: "] : ["prefill: ", "decode: "];
            Assert.Equal(rates.Length, parts.Length - 1);
            Assert.All(rates.Index(), rate => Assert.StartsWith(rate.Item, parts[rate.Index + 1]));
            Assert.InRange(preset.FlopsPerSecond, 1e10, 2e14);
            Assert.InRange(preset.BytesPerSecond, 1e9, 1e12);
            Assert.InRange(preset.MemoryBytes, 1L << 30, 1L << 37);
        });
    }

    [Fact]
    public void All_GraphicsCards_LeaveAGibibyteToTheirDrivers()
    {
        var cards = DevicePresets.All.Where(preset => preset.Name.StartsWith("rtx-", StringComparison.Ordinal)).ToList();
        Assert.InRange(cards.Count, 5, 10);
        Assert.All(cards, card =>
        {
            var builtInGib = int.Parse(card.Description.Split(' ')[^2], System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal((builtInGib - 1L) << 30, card.MemoryBytes);
        });
    }

    [Fact]
    public void HasGuessedRates_OnlyWhereNobodyMeasuredTheDevice()
    {
        Assert.True(DevicePresets.Get("mac-m2-max").HasGuessedRates);
        Assert.True(DevicePresets.Get("rtx-5070").HasGuessedRates);
        Assert.False(DevicePresets.Get("rtx-3090").HasGuessedRates);
        Assert.False(DevicePresets.Get("raspberry-pi-5").HasGuessedRates);
    }

    [Theory]
    // The first is a mixture of experts, with which no preset was measured: runaihome.com reports 225 tokens/s, whole on the card.
    [InlineData("rtx-4090", "gpt-oss-20b", 225, 0.15)]
    [InlineData("rtx-5070", "llama-3-8b-q4", 105.3, 0.1)]
    public void Create_AnalyticProfile_AgreesWithPublicDecodeRates(string device, string shape, double tokensPerSecond, double tolerance)
    {
        var (preset, model) = (DevicePresets.Get(device), ModelShapes.Get(shape));
        var spec = new Core.Fleets.DeviceSpec { Id = "a", MemoryBytes = 1L << 36 };
        var profile = AnalyticProfile.Create(spec, preset, model);
        var seconds = profile.Decode.First(point => point is { BatchSequences: 1, ContextTokens: 0 }).SecondsPerLayer * model.LayerCount + profile.HeadSeconds + profile.CallSeconds;
        Assert.InRange(1 / seconds, tokensPerSecond * (1 - tolerance), tokensPerSecond * (1 + tolerance));
    }

    [Fact]
    public void Get_ModelWithWindows_IsCutAtWholePeriods()
    {
        var model = ModelShapes.Get("gpt-oss-20b");
        Assert.Equal((24, 128, 0, 2), (model.LayerWindowTokens.Length, model.LayerWindowTokens[0], model.LayerWindowTokens[1], model.CutPeriodLayers));
    }

    [Theory]
    [InlineData("paper-testbed", 7)]
    [InlineData("pi-and-jetson", 8)]
    [InlineData("unlike-16", 16)]
    [InlineData("campus-64", 64)]
    [InlineData("types-256", 256)]
    [InlineData("types-1000", 1000)]
    public void Get_EveryFleet_MakesAValidRequestWithEveryModelAndWorkload(string name, int devices)
    {
        var fleet = FleetPresets.Get(name);
        Assert.Equal(devices, fleet.Devices.Length);
        foreach (var model in ModelShapes.Names)
            foreach (var workload in WorkloadPresets.Names)
                PlanRequestCheck.ThrowIfInvalid(PresetRequests.Create(fleet, ModelShapes.Get(model), WorkloadPresets.Get(workload), PlanObjective.Wait));
    }

    [Fact]
    public void Get_UnlikeFleet_HasNoTwoDevicesAlike()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("campus-64"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Wait);
        Assert.Equal(64, new ServingCosts(request).DeviceTypes.Distinct().Count());
    }

    [Theory]
    [InlineData("pi-and-jetson.json")]
    [InlineData("campus.json")]
    public void Profiles_ExampleFleetFiles_NameTheirPresets(string file)
    {
        var fleet = FleetFileReader.Read(Path.Combine(FleetFileReaderTests.RepositoryRoot(), "fleets", file));
        Assert.Equal(fleet.Devices.Length, FleetPresets.Profiles(fleet, ModelShapes.Get("llama-3-8b-q4")).Length);
    }

    [Fact]
    public void Profiles_UnknownDevice_NamesTheKey()
    {
        var fleet = FleetFileReader.Parse("""{ "devices": [ { "id": "a", "memory": "1 GiB", "description": "toaster" } ] }""", "test");
        var error = Assert.Throws<ConfigurationException>(() => FleetPresets.Profiles(fleet, ModelShapes.Get("e2llm-demo")));
        Assert.Contains("devices[0].description (a) is 'toaster'", error.Message);
    }

    [Fact]
    public void Get_UnknownNames_ListTheValidOnes()
    {
        Assert.Contains("paper-testbed", Assert.Throws<ConfigurationException>(() => FleetPresets.Get("x")).Message);
        Assert.Contains("gpt-oss-20b", Assert.Throws<ConfigurationException>(() => ModelShapes.Get("x")).Message);
        Assert.Contains("azure-conv", Assert.Throws<ConfigurationException>(() => WorkloadPresets.Get("x")).Message);
        Assert.Contains("raspberry-pi-5", Assert.Throws<ConfigurationException>(() => DevicePresets.Get("x")).Message);
    }

    [Fact]
    public void Create_AnalyticProfile_ReproducesTheMeasuredRates()
    {
        // A Raspberry Pi 5 decodes Llama-3-8B Q4 at 2.17 tokens/s and a Mac mini M4 reads 224.8 tokens/s of a long prompt.
        var model = ModelShapes.Get("llama-3-8b-q4");
        var fleet = FleetFileReader.Parse(
            """{ "devices": [ { "id": "pi", "memory": "8 GiB", "description": "raspberry-pi-5" }, { "id": "m4", "memory": "11 GiB", "description": "mac-mini-m4" } ] }""", "test");
        var profiles = FleetPresets.Profiles(fleet, model);
        var decode = profiles[0].Decode.First(point => point is { BatchSequences: 1, ContextTokens: 0 }).SecondsPerLayer * 32 + profiles[0].HeadSeconds;
        Assert.InRange(1 / decode, 2.0, 2.4);
        var prefill = profiles[1].Prefill.First(point => point.ChunkTokens == 1024).SecondsPerLayer * 32;
        Assert.InRange(1024 / prefill, 200, 270);
    }
}
