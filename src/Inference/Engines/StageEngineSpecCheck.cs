using E2LLM.Core.Engines;
using E2LLM.Core.Errors;

namespace E2LLM.Inference.Engines;

/// <summary>The ranges of what an engine is made from. Absurd sizes would run the machine out of memory before llama.cpp notices.</summary>
internal static class StageEngineSpecCheck
{
    /// <exception cref="ConfigurationException">Lists everything that is out of range.</exception>
    public static void Check(StageEngineSpec spec, int modelLayers)
    {
        var settings = spec.Settings;
        var problems = new List<string>();
        Range("KvCells", settings.KvCells, 1, 16_777_216);
        Range("MaxSequences", settings.MaxSequences, 1, 256);
        Range("MaxStepTokens", settings.MaxStepTokens, 1, 8192);
        Range("MaxSequenceTokens", settings.MaxSequenceTokens, 1, 16_777_216);
        Range("Threads", spec.Device.Threads, 1, 512);
        if (!(spec.Device.SlowdownFactor >= 1) || !double.IsFinite(spec.Device.SlowdownFactor))
            problems.Add($"SlowdownFactor is {spec.Device.SlowdownFactor}, but must be at least 1");
        if (spec.FirstLayer < 0 || spec.LayerCount < 1 || (long)spec.FirstLayer + spec.LayerCount > modelLayers)
            problems.Add($"layers {spec.FirstLayer} to {(long)spec.FirstLayer + spec.LayerCount - 1} of a model with {modelLayers}");
        if (!Enum.IsDefined(settings.KvType))
            problems.Add($"KvType is {settings.KvType}");
        if (problems.Count > 0)
            throw new ConfigurationException($"An engine of '{spec.ModelId}' on device '{spec.Device.Id}': {string.Join("; ", problems)}.");

        void Range(string name, int value, int least, int most)
        {
            if (value < least || value > most)
                problems.Add($"{name} is {value}, but must be {least} to {most}");
        }
    }

    /// <summary>How errors and logs call an engine.</summary>
    public static string Name(StageEngineSpec spec) =>
        $"Engine of '{spec.ModelId}' layers {spec.FirstLayer}-{spec.FirstLayer + spec.LayerCount - 1} on device '{spec.Device.Id}'";
}
