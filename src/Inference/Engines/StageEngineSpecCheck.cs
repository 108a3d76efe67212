using E2LLM.Core.Buffers;
using E2LLM.Core.Configuration;
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
        var (settings, device) = (spec.Settings, spec.Device);
        var errors = new OptionErrors("").CheckRanges(settings);
        if (device.Threads is < 1 or > 512)
            errors.Add(nameof(device.Threads), device.Threads, "1 to 512");
        if (!(device.SlowdownFactor >= 1) || !double.IsFinite(device.SlowdownFactor))
            errors.Add(nameof(device.SlowdownFactor), device.SlowdownFactor, "at least 1");
        if (spec.FirstLayer < 0 || spec.LayerCount < 1 || (long)spec.FirstLayer + spec.LayerCount > model.LayerCount)
            errors.Add($"It has the layers {spec.FirstLayer} to {(long)spec.FirstLayer + spec.LayerCount - 1} of a model with {model.LayerCount}.");
        if (settings.MaxStepTokens * model.HiddenBytesPerToken > TensorBuffer.MaxBytes)
            errors.Add(
                $"{nameof(settings.MaxStepTokens)} is {settings.MaxStepTokens}, but hidden states of {model.HiddenBytesPerToken} bytes a token " +
                $"allow {TensorBuffer.MaxBytes / model.HiddenBytesPerToken}.");
        if (errors.Lines.Count > 0)
            throw new ConfigurationException($"An engine of '{spec.ModelId}' on device '{device.Id}': {string.Join(" ", errors.Lines)}");
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

    /// <summary>How errors and logs call an engine. One that is only timed is on no device of the fleet, whose device has no name.</summary>
    public static string Name(StageEngineSpec spec) =>
        $"Engine of '{spec.ModelId}' layers {spec.FirstLayer}-{spec.FirstLayer + spec.LayerCount - 1}" +
        (spec.Device.Id.Length > 0 ? $" on device '{spec.Device.Id}'" : ", which is being timed");
}
