using System.Xml.Linq;
using ScottPlot;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>A figure of the report.</summary>
/// <param name="Name">Of its file, without an ending.</param>
/// <param name="Title">For people.</param>
/// <param name="Draw">In a size.</param>
/// <param name="Rows">Where its height depends on them; 0: as high as the others.</param>
internal sealed record ReportFigure(string Name, string Title, Func<FigureSize, Plot> Draw, int Rows = 0)
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
            yield return new XElement("div", new XAttribute("class", style), FigureSvg.Create(plot, size, $"{Name}-{style}-", Title));
        }
    }

    private FigureSize Sized(FigureSize size) => Rows == 0 ? size : size.WithRows(Rows);
}
