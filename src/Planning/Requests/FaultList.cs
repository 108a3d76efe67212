using System.Globalization;

namespace E2LLM.Planning.Requests;

/// <summary>Collects what is wrong, so that one message names every key at fault.</summary>
internal sealed class FaultList
{
    // A hostile or generated request may be wrong everywhere; nobody reads the hundredth fault.
    private const int MaxListed = 20;

    private readonly List<string> _faults = [];

    public int Count => _faults.Count;

    public void Require(bool valid, string key, object? value, string range)
    {
        if (!valid)
            Add($"{key} is {Show(value)}, must be {range}");
    }

    public void Add(string fault) => _faults.Add(fault);

    public override string ToString()
    {
        var more = _faults.Count > MaxListed ? $"; and {_faults.Count - MaxListed} more" : "";
        return string.Join("; ", _faults.Take(MaxListed)) + more + ".";
    }

    private static string Show(object? value) => value switch
    {
        null => "missing",
        string text => $"'{text}'",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
