using System.Text.Json;
using E2LLM.Cli.Planning;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Core.Fleets;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Cli.Tests.Planning;

public sealed class PlanInputTests
{
    private static readonly PlanSettings Demo = new() { Fleet = "demo", Model = "e2llm-demo", Workload = "64/96", RequestsPerSecond = 2 };

    [Fact]
    public void Model_GgufFile_IsReadFromItsMetadata()
    {
        var model = ModelInput.Resolve(Path.Combine(AppContext.BaseDirectory, "models", "e2llm-demo-q8_0.gguf"));

        Assert.Equal(("e2llm-demo-q8_0", 8, 384), (model.Id, model.LayerCount, model.ContextLengthTokens));
    }

    [Theory]
    [InlineData("GPT-OSS-20B", "gpt-oss-20b")]
    [InlineData("llama-3.1-8b", "llama-3.1-8b-q4_0")]
    [InlineData("llama-3.1-8b:Q8_0", "llama-3.1-8b-q8_0")]
    public void Model_Shape_IsFoundInAnyCaseAndWithItsWeights(string text, string id) => Assert.Equal(id, ModelInput.Resolve(text).Id);

    [Theory]
    [InlineData("gpt-oss-20b", 2)]
    [InlineData("tiny-gpt-oss", 2)]
    [InlineData("gemma-3-1b", 6)]
    [InlineData("llama-3-8b-q4", 1)]
    public void Model_BuiltInShape_IsCutAsItsRuntimeCan(string model, int period)
    {
        Assert.Contains("llamasharp", LlamaRuntimes.Installed);
        foreach (var runtime in LlamaRuntimes.Installed)
        {
            var spec = PlanInput.Resolve(Demo with { Model = model, Runtime = runtime }).Request.Model;

            // llamasharp's llama.cpp knows periods, the others lists.
            Assert.Equal(runtime == "llamasharp" ? period : 1, spec.CutPeriodLayers);
            Assert.Equal(model.StartsWith("llama", StringComparison.Ordinal) ? 0 : spec.LayerCount, spec.LayerWindowTokens.Length);
        }
    }

    [Fact]
    public void Workload_RateAndLengths_AreTaken()
    {
        var workload = PlanInput.Resolve(Demo).Request.Workload!;

        Assert.Equal((64, 96, 2), (workload.MeanInputTokens, workload.MeanOutputTokens, workload.RequestsPerSecond));
    }

    [Fact]
    public void Engine_FewerSequences_TakeFewerCells()
    {
        var engine = PlanInput.Resolve(Demo with { MaxSequences = 4 }).Request.Engine;

        Assert.Equal((4, 4 * 160), (engine.MaxSequences, engine.KvCells));
    }

    [Fact]
    public void Profiles_UnknownDevices_AreTakenForTheReferenceTimesTheirSlowdown()
    {
        var input = PlanInput.Resolve(Demo);
        var seconds = input.Request.Profiles.ToDictionary(profile => profile.DeviceId, profile => profile.Decode[0].SecondsPerLayer);

        Assert.Equal(4, input.AssumedDevices.Length);
        Assert.Equal(4 * seconds["fog-server"], seconds["tablet"], 1e-12);
    }

    [Fact]
    public void Profiles_File_ReplacesThePresets()
    {
        using var files = new PlanFiles();
        var derived = PlanInput.Resolve(Demo).Request.Profiles;
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };
        var measured = derived.Select(profile => profile with { Source = ProfileSource.Emulated, CallSeconds = 0.125 });
        var path = files.Write("profiles.json", JsonSerializer.Serialize(new { profiles = measured }, options));

        var input = PlanInput.Resolve(Demo with { Profiles = path });

        Assert.All(input.Request.Profiles, profile => Assert.Equal(0.125, profile.CallSeconds));
        Assert.Equal(derived[0].Decode.AsEnumerable(), input.Request.Profiles[0].Decode);
        Assert.Equal("predicted from emulated profiles", input.Source);
    }
}
