using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace E2LLM.Core.Requests;

/// <summary>What the name of a caller may look like: whoever asks writes it, and it ends up in logs, tables and JSON.</summary>
public static class CallerIds
{
    public const int MaxCharacters = 128;

    /// <summary>A sentence for those who are refused.</summary>
    public static readonly string Rule = $"A caller's name may have {MaxCharacters} characters, all of them printable.";

    /// <summary>Empty is valid: nobody has to give a name.</summary>
    public static bool IsValid([NotNullWhen(true)] string? callerId)
    {
        if (callerId is null || callerId.Length > MaxCharacters)
            return false;
        for (var rest = callerId.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var characters) != System.Buffers.OperationStatus.Done || !IsPrintable(rune))
                return false;
            rest = rest[characters..];
        }

        return true;
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
