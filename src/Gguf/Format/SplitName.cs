using System.Globalization;
using System.Text.RegularExpressions;

namespace E2LLM.Gguf.Format;

/// <summary>The name of a part of a split model, as llama.cpp's gguf-split gives it: "model-00002-of-00003.gguf".</summary>
/// <param name="Prefix">The path up to the number, "model"; what the model is called.</param>
/// <param name="Number">From 1.</param>
/// <param name="Count">Parts of the model.</param>
internal sealed partial record SplitName(string Prefix, int Number, int Count)
{
    /// <summary>Null where the name is none of a part.</summary>
    public static SplitName? Parse(string path)
    {
        var match = Pattern().Match(path);
        return match.Success ? new SplitName(match.Groups[1].Value, Integer(match.Groups[2]), Integer(match.Groups[3])) : null;
    }

    public string PathOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}-{number:D5}-of-{Count:D5}.gguf");

    private static int Integer(Group digits) => int.Parse(digits.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A(.+)-([0-9]{5})-of-([0-9]{5})\.gguf\z", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
