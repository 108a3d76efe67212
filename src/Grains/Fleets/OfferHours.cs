using System.Globalization;

namespace E2LLM.Grains.Fleets;

/// <summary>The hours of the day at which an owner offers his devices: "22:00-06:30", by the machine's own clock.</summary>
/// <param name="From">Begins it.</param>
/// <param name="To">Ends it; before <paramref name="From"/> where it goes over midnight, the same where it never ends.</param>
public readonly record struct OfferHours(TimeOnly From, TimeOnly To)
{
    public const string Form = "two times of the day, as in 22:00-06:30";

    public static OfferHours Always => default;

    /// <summary>An empty text is always.</summary>
    /// <returns>Whether the text is of the <see cref="Form"/>.</returns>
    public static bool TryParse(string text, out OfferHours hours)
    {
        hours = Always;
        if (text.Length == 0)
            return true;
        if (text.Split('-') is not [var first, var second] || !TryTime(first, out var from) || !TryTime(second, out var to))
            return false;
        hours = new OfferHours(from, to);
        return true;
    }

    public bool Contains(TimeOnly time) => From == To || time.IsBetween(From, To);

    private static bool TryTime(string text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text.Trim(), "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
}
