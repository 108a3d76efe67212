using System.Xml.Linq;
using E2LLM.Cli.Planning.Picture;
using ScottPlot;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>A figure of the report.</summary>
/// <param name="Name">Of its file, without an ending.</param>
/// <param name="Title">For people.</param>
/// <param name="Draw">In a size.</param>
/// <param name="Legend">What its colours mean.</param>
/// <param name="Rows">Where its height depends on them; 0: as high as the others.</param>
internal sealed record ReportFigure(string Name, string Title, Func<FigureSize, Plot> Draw, IReadOnlyList<(string Text, Color Color)> Legend, int Rows = 0)
{
    private const int PngScale = 2;

    /// <summary>On white.</summary>
    public byte[] Png()
    {
        var size = Sized(FigureSize.Wide);
        using var plot = Draw(size);
        plot.FigureBackground.Color = Colors.White;
        plot.Title(Title, size: 15);
        plot.Axes.Title.Label.Bold = false;
        plot.Axes.Title.Label.ForeColor = FigureStyle.Ink;
        plot.ScaleFactor = PngScale;
        return plot.GetImageBytes(PngScale * size.Width, PngScale * size.Height, ImageFormat.Png);
    }

    /// <summary>For the width of a page and that of a telephone.</summary>
    public IEnumerable<XElement> Svgs()
    {
        foreach (var (style, size) in new[] { ("wide", Sized(FigureSize.Wide)), ("narrow", Sized(FigureSize.Narrow)) })
        {
            using var plot = Draw(size);
            yield return new XElement(
                "div", new XAttribute("class", style), FigureSvg.Create(plot, size, $"{Name}-{style}-", Title), size.IsNarrow ? Legend.Select(Key) : null);
        }
    }

    private static XElement Key((string Text, Color Color) entry) => new(
        "span",
        new XAttribute("class", "key"),
        Pen.Element("svg", Pen.Attribute("viewBox", "0 0 16 8"), Pen.Element("rect", Pen.Number("width", 16), Pen.Number("height", 8), Pen.Attribute("fill", entry.Color.ToHex()))),
        Pen.Clean(entry.Text));

    private FigureSize Sized(FigureSize size) => Rows == 0 ? size : size.WithRows(Rows);
}
