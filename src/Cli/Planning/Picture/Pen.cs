using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>Makes SVG elements. The XML writer escapes names and texts; characters that XML cannot hold are replaced.</summary>
internal static class Pen
{
    /// <summary>Advance of a character of the fixed-width font, in its size; a little more than any common one has.</summary>
    private const double FixedAdvance = 0.62;

    /// <summary>Mean advance of a proportional font, on the safe side.</summary>
    private const double ProportionalAdvance = 0.66;

    public static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static XElement Element(string name, params object[] content) => new(Svg + name, content);

    public static XAttribute Attribute(string name, string value) => new(name, value);

    public static XAttribute Number(string name, double value) => new(name, value.ToString("0.##", CultureInfo.InvariantCulture));

    public static XElement Rect(double x, double y, double width, double height, string style, double radius = 0) => Element(
        "rect", Number("x", x), Number("y", y), Number("width", width), Number("height", height), Number("rx", radius), Attribute("class", style));

    public static XElement Path(string style, params ReadOnlySpan<(double X, double Y)> points)
    {
        var text = "";
        foreach (var (x, y) in points)
            text += string.Create(CultureInfo.InvariantCulture, $"{(text.Length == 0 ? "M" : "L")}{x:0.##} {y:0.##}");
        return Element("path", Attribute("d", text), Attribute("class", style));
    }

    /// <param name="x">Where the text starts; with the class "end" where it ends, with "mid" its centre.</param>
    /// <param name="y">Its baseline.</param>
    /// <param name="style">CSS classes.</param>
    /// <param name="text">What it says.</param>
    public static XElement Text(double x, double y, string style, string text) =>
        Element("text", Number("x", x), Number("y", y), Attribute("class", style), Clean(text));

    /// <summary>A tooltip; it has to come first in its element.</summary>
    public static XElement Title(string text) => Element("title", Clean(text));

    public static double Width(string text, double fontSize, bool isFixed = true) =>
        text.Sum(character => character < 0x250 ? 1.0 : 1.7) * fontSize * (isFixed ? FixedAdvance : ProportionalAdvance);

    /// <summary>As much as fits, cut in the middle: names of alike devices differ at their ends.</summary>
    public static string Fit(string text, double width, double fontSize, bool isFixed = true)
    {
        if (Width(text, fontSize, isFixed) <= width)
            return text;
        for (var kept = text.Length - 1; kept > 0; kept--)
        {
            var tail = Math.Min(kept / 2, 6);
            var cut = $"{text[..(kept - tail)]}…{text[^tail..]}";
            if (Width(cut, fontSize, isFixed) <= width)
                return cut;
        }
        return "";
    }

    /// <summary>Lines of whole words within a width.</summary>
    public static IEnumerable<string> Wrap(string text, double width, double fontSize)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && Width($"{line} {word}", fontSize, isFixed: false) > width)
            {
                yield return line;
                line = "";
            }
            line = line.Length == 0 ? Fit(word, width, fontSize, isFixed: false) : $"{line} {word}";
        }
        if (line.Length > 0)
            yield return line;
    }

    public static string Clean(string text)
    {
        var isClean = true;
        foreach (var character in text)
            isClean &= XmlConvert.IsXmlChar(character);
        return isClean ? text : string.Concat(text.Select(character => XmlConvert.IsXmlChar(character) ? character : '\uFFFD'));
    }
}
