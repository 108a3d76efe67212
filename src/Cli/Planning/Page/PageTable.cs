using System.Xml.Linq;
using E2LLM.Cli.Planning.Picture;

namespace E2LLM.Cli.Planning.Page;

/// <summary>A table of the page.</summary>
internal static class PageTable
{
    /// <param name="columns">Headings.</param>
    /// <param name="isText">Whether a column holds text, by number; the others hold figures.</param>
    /// <param name="rows">One cell a column.</param>
    /// <param name="isSlowest">The rows to stress, by number.</param>
    public static XElement Create(IReadOnlyList<string> columns, Predicate<int> isText, IEnumerable<string[]> rows, Predicate<int>? isSlowest = null) => new(
        "div",
        new XAttribute("class", "scroll"),
        new XElement(
            "table",
            new XElement("thead", Row("th", columns, isText)),
            new XElement("tbody", rows.Select((row, index) => Row("td", row, isText, isSlowest?.Invoke(index) == true)))));

    private static XElement Row(string cell, IReadOnlyList<string> texts, Predicate<int> isText, bool isSlowest = false) => new(
        "tr",
        isSlowest ? new XAttribute("class", "slowest") : null,
        texts.Select((text, column) => new XElement(cell, isText(column) ? new XAttribute("class", "text") : null, Pen.Clean(text))));
}
