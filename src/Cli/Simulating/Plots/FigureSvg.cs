using System.Globalization;
using System.Xml.Linq;
using E2LLM.Cli.Planning.Picture;
using ScottPlot;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>A figure as a part of a page: with the colour of the page's texts, and names that no other figure of the page has.</summary>
internal static class FigureSvg
{
    private static readonly XNamespace XLink = "http://www.w3.org/1999/xlink";

    /// <param name="plot">Drawn.</param>
    /// <param name="size">In pixels.</param>
    /// <param name="prefix">Of the names of its parts.</param>
    /// <param name="label">What it shows, for those who cannot see it.</param>
    public static XElement Create(Plot plot, FigureSize size, string prefix, string label)
    {
        var svg = XElement.Parse(plot.GetSvgXml(size.Width, size.Height));
        svg.DescendantsAndSelf().Attributes().Where(attribute => attribute.IsNamespaceDeclaration && attribute.Value == XLink.NamespaceName).Remove();
        foreach (var attribute in svg.Descendants().Attributes().ToArray())
            switch (attribute.Name.LocalName)
            {
                case "id":
                    attribute.Value = prefix + attribute.Value;
                    break;
                case "fill" or "stroke" when IsInk(attribute.Value):
                    attribute.Value = "currentColor";
                    break;
                case "font-family":
                    attribute.Value += ", sans-serif";
                    break;
                default:
                    attribute.Value = attribute.Value.Replace("url(#", $"url(#{prefix}");
                    break;
            }
        svg.SetAttributeValue("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {size.Width} {size.Height}"));
        svg.SetAttributeValue("role", "img");
        svg.SetAttributeValue("aria-label", Pen.Clean(label));
        return svg;
    }

    private static bool IsInk(string color)
    {
        var ink = FigureStyle.Ink;
        return color.Equals(ink.ToHex(), StringComparison.OrdinalIgnoreCase)
            || color.Replace(" ", "") == string.Create(CultureInfo.InvariantCulture, $"rgb({ink.R},{ink.G},{ink.B})");
    }

}
