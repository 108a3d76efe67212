using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Hosting;

/// <summary>Collects every option that is out of range, so that all of them are reported at once.</summary>
internal sealed class OptionRanges(string section)
{
    private readonly List<string> _errors = [];

    public ValidateOptionsResult Result => _errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_errors);

    /// <summary>Written so that NaN fails too.</summary>
    public void Check(string key, double value, double min, double max)
    {
        if (!(value >= min && value <= max))
            _errors.Add($"{section}:{key} is {value}; it must be {min} to {max}.");
    }

    /// <summary>The binder takes a number for any value of an enumeration, whether it is one or not.</summary>
    public void CheckDefined<T>(string key, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            _errors.Add($"{section}:{key} is {value}; it must be one of {string.Join(", ", Enum.GetNames<T>())}.");
    }
}
