using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;

namespace E2LLM.Core.Configuration;

/// <summary>All that is known of one option: its key, its default and what it may be.</summary>
public sealed class OptionFact
{
    // Senders and schedulers check their options each time they are made.
    private static readonly ConcurrentDictionary<(Type Options, string Section), IReadOnlyList<OptionFact>> Known = new();

    private readonly PropertyInfo _property;
    private readonly OptionRangeAttribute? _range;
    private readonly OptionTextAttribute? _text;
    private readonly string? _zero;

    private OptionFact(string section, PropertyInfo property, object defaults)
    {
        _property = property;
        _text = property.GetCustomAttribute<OptionTextAttribute>();
        var own = property.GetCustomAttribute<OptionRangeAttribute>();
        _zero = own?.Zero;
        _range = own?.SameAsIn is { } other ? other.GetProperty(property.Name)?.GetCustomAttribute<OptionRangeAttribute>() : own;
        Key = section.Length == 0 ? property.Name : $"{section}:{property.Name}";
        Default = _text?.Default ?? Show(property.GetValue(defaults));
    }

    /// <summary>With its section: "E2LLM:Serving:KvCells".</summary>
    public string Key { get; }

    /// <summary>Without its section.</summary>
    public string Name => _property.Name;

    public Type Type => _property.PropertyType;

    /// <summary>As documentation shows it.</summary>
    public string Default { get; }

    /// <summary>What it may be, as errors and documentation show it; empty where any value goes.</summary>
    public string Valid => this switch
    {
        { _range: { } range } => $"{Show(range.Min)} to {Show(range.Max)}{(range.Unit.Length > 0 ? " " + range.Unit : "")}"
            + (_zero is { } zero ? $", or 0: {zero}" : ""),
        { _text.MaxCharacters: > 0 and var most } => $"1 to {most} characters",
        { Type.IsEnum: true } => "one of: " + string.Join(", ", Enum.GetNames(Type)),
        _ when Type == typeof(bool) => "true or false",
        _ when Type == typeof(double) => "a number",
        _ when IsNumber(Type) => "a whole number",
        _ => _text?.Valid ?? "",
    };

    /// <summary>Whether a number says its range, as each has to.</summary>
    public bool HasRange => _range is not null || !IsNumber(Type);

    /// <param name="options">A type of options with a constructor without parameters, which gives the defaults.</param>
    /// <param name="section">The path of its section; empty where the options are not configured as they are.</param>
    public static IReadOnlyList<OptionFact> Of(Type options, string section) => Known.GetOrAdd((options, section), key => Read(key.Options, key.Section));

    /// <summary>Null where the options' value is valid.</summary>
    public string? Fault(object options)
    {
        var value = _property.GetValue(options);
        var isValid = value switch
        {
            // The binder takes a number for any value of an enumeration, whether it is one or not.
            Enum => Enum.IsDefined(Type, value),
            string text => _text is not { MaxCharacters: > 0 and var most } || text.Length > 0 && text.Length <= most,
            int or long or double => IsInRange(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            _ => true,
        };
        return isValid ? null : Message(value);
    }

    /// <summary>Takes the value from its text, as the configuration binder does.</summary>
    /// <returns>Null, or what is wrong with the text: then the options keep their value.</returns>
    public string? TrySet(object options, string text)
    {
        try
        {
            _property.SetValue(options, Type == typeof(string) ? text : TypeDescriptor.GetConverter(Type).ConvertFromInvariantString(text));
            return null;
        }
        // The converters throw whatever they like.
        catch (Exception error) when (error is ArgumentException or FormatException or NotSupportedException or InvalidCastException or OverflowException)
        {
            return Message(text);
        }
    }

    private static OptionFact[] Read(Type options, string section)
    {
        var defaults = Activator.CreateInstance(options)!;
        return
        [
            .. options.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.CanWrite && (IsNumber(property.PropertyType) || property.PropertyType.IsEnum
                    || property.PropertyType == typeof(bool) || property.PropertyType == typeof(string)))
                .Select(property => new OptionFact(section, property, defaults)),
        ];
    }

    private string Message(object? value) => OptionErrors.Message(Key, value, Valid);

    // Written so that NaN is in no range.
    private bool IsInRange(double value) =>
        _range is not { } range || (value >= range.Min && value <= range.Max) || (_zero is not null && value == 0);

    private static bool IsNumber(Type type) => type == typeof(int) || type == typeof(long) || type == typeof(double);

    private static string Show(object? value) => value switch
    {
        int or long or double => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("#,0.######", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        _ => $"{value}",
    };
}
