namespace E2LLM.Core.Fleets;

/// <summary>Where a device's times come from. Every figure that is shown says which.</summary>
public enum ProfileSource
{
    /// <summary>The real engine, timed on this device.</summary>
    Measured,

    /// <summary>The real engine, timed on the host and scaled by the device's slowdown factor.</summary>
    Emulated,

    /// <summary>Derived from arithmetic rate and memory bandwidth.</summary>
    Analytic,

    /// <summary>Set by hand, for the synthetic engine.</summary>
    Synthetic,
}
