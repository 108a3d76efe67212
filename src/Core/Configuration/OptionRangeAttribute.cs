namespace E2LLM.Core.Configuration;

/// <summary>
/// The range and the unit of a number that is configured. The only place that says them: whoever checks options reads it, and so does
/// the test of the documentation.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionRangeAttribute : Attribute
{
    public OptionRangeAttribute(double min, double max) => (Min, Max) = (min, max);

    /// <summary>The range and the unit of the option of the same name in another type, to which this one is handed on.</summary>
    public OptionRangeAttribute(Type sameAsIn) => SameAsIn = sameAsIn;

    public double Min { get; }

    /// <summary>Belongs to the range.</summary>
    public double Max { get; }

    public Type? SameAsIn { get; }

    /// <summary>What is counted, where the option's name does not say it; empty otherwise.</summary>
    public string Unit { get; init; } = "";

    /// <summary>What 0 stands for, where it is allowed beside the range; null where it is not.</summary>
    public string? Zero { get; init; }
}
