using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Inference.Engines;

/// <summary>The ranges of what an engine is made from. Absurd sizes would run the machine out of memory before llama.cpp notices.</summary>
internal static class StageEngineSpecCheck
{
    /// <exception cref="ConfigurationException">Lists everything that is out of range.</exception>
    public static void Check(StageEngineSpec spec, ModelSpec model)
    {
        var settings = spec.Settings;
        var problems = new List<string>();
        Range("KvCells", settings.KvCells, 1, 16_777_216);
        Range("MaxSequences", settings.MaxSequences, 1, 255);
        Range("MaxStepTokens", settings.MaxStepTokens, 1, 8192);
        Range("MaxSequenceTokens", settings.MaxSequenceTokens, 1, 16_777_216);
        Range("Threads", spec.Device.Threads, 1, 512);
        if (!(spec.Device.SlowdownFactor >= 1) || !double.IsFinite(spec.Device.SlowdownFactor))
            problems.Add($"SlowdownFactor is {spec.Device.SlowdownFactor}, but must be at least 1");
        if (spec.FirstLayer < 0 || spec.LayerCount < 1 || (long)spec.FirstLayer + spec.LayerCount > model.LayerCount)
            problems.Add($"layers {spec.FirstLayer} to {(long)spec.FirstLayer + spec.LayerCount - 1} of a model with {model.LayerCount}");
        if (settings.MaxStepTokens * model.HiddenBytesPerToken > TensorBuffer.MaxBytes)
            problems.Add(
                $"MaxStepTokens is {settings.MaxStepTokens}, but hidden states of {model.HiddenBytesPerToken} bytes a token " +
                $"allow {TensorBuffer.MaxBytes / model.HiddenBytesPerToken}");
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

    /// <summary>Before llama.cpp allocates: the system grants it memory that is not there and ends the process when it is used.</summary>
    /// <exception cref="EngineException">Weights and KV cache do not fit the device; says by how many bytes.</exception>
    public static void CheckMemory(StageEngineSpec spec, ModelSpec model)
    {
        var weights = model.WeightBytes(spec.FirstLayer, spec.LayerCount);
        // The model's figure is of F16 entries. Q8_0 has 34 bytes for 32 of them.
        var kvF16 = (double)model.KvBytesPerToken(spec.FirstLayer, spec.LayerCount) * spec.Settings.KvCells;
        var kv = kvF16 * spec.Settings.KvType switch { KvCacheType.F32 => 2, KvCacheType.Q8_0 => 34.0 / 64, _ => 1 };
        if (weights + kv > spec.Device.MemoryBytes)
            throw new EngineException(
                $"{Name(spec)}: {weights} bytes of weights and {kv:F0} bytes of KV cache are " +
                $"{weights + kv - spec.Device.MemoryBytes:F0} more than the device's {spec.Device.MemoryBytes} (MemoryBytes).");
    }

    /// <summary>How errors and logs call an engine.</summary>
    public static string Name(StageEngineSpec spec) =>
        $"Engine of '{spec.ModelId}' layers {spec.FirstLayer}-{spec.FirstLayer + spec.LayerCount - 1} on device '{spec.Device.Id}'";
}
