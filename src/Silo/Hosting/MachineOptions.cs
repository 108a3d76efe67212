using E2LLM.Core.Configuration;
using E2LLM.Grains.Fleets;

namespace E2LLM.Silo.Hosting;

/// <summary>What the owner of this machine gives to the fog. Section "E2LLM:Machine".</summary>
public sealed class MachineOptions
{
    public const string Section = "E2LLM:Machine";

    /// <summary>Share of the machine's memory, and of each GPU's, that weights, KV cache and scratch may use together. Not where a fleet file says it.</summary>
    [OptionRange(0.01, 1)]
    public double MemoryShare { get; set; } = 0.7;

    /// <summary>Cores that the engine may use. Not where a fleet file says it.</summary>
    [OptionRange(1, 1024, Unit = "cores", Zero = "all of them")]
    public int Cores { get; set; }

    /// <summary>Whether GPUs that the engine can use are devices of their own, beside the processor. Not where a fleet file says it.</summary>
    public bool Gpus { get; set; } = true;

    /// <summary>When the devices of this silo may be used, by the machine's clock; at other hours the fog plans without them.</summary>
    [OptionText(Default = "always", Valid = OfferHours.Form)]
    public string Hours { get; set; } = "";

    internal void Check(OptionErrors errors)
    {
        if (!OfferHours.TryParse(Hours, out _))
            errors.Add(nameof(Hours), Hours, OfferHours.Form);
    }
}
