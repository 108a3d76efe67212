using System.Xml.Linq;
using E2LLM.Core.Plans;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>What colours, frames and figures mean, in as many rows as they take.</summary>
internal sealed class Legend(PlanRequest request, ServingPlan plan, bool isCompact, double width) : IPictureBox
{
    private const double RowHeight = 22;
    private const double SwatchWidth = 26;
    private const double SwatchGap = 7;
    private const double Gap = 22;

    /// <summary>These words are known, and mostly small letters.</summary>
    private const double Advance = 0.57;

    private readonly List<(string Class, string Text)> _entries =
    [
        .. plan.Replicas.Select(replica => replica.Role).Distinct().Order().Select(role => (PictureStyle.ClassOf(role), RoleNames.Of(role))),
        ("slowest", "thick frame: slowest stage of its replica"),
        ("gauge", "memory in use"),
        .. Notes(request, isCompact).SelectMany(note => Pen.Wrap(note, width, PictureStyle.FigureSize)).Select(line => ("", line)),
    ];

    public double Width => width;

    public double Height => RowHeight * (1 + Place(0).Max(entry => entry.Row));

    public XElement Draw(double x, double y)
    {
        var group = Pen.Element("g", Pen.Attribute("class", "legend"));
        foreach (var (style, text, left, row) in Place(x))
        {
            var top = y + row * RowHeight;
            if (style.Length > 0)
                group.Add(Swatch(style, left, top + 3));
            group.Add(Pen.Text(left + SwatchSpan(style), top + 14, "figure", text));
        }
        return group;
    }

    private static IEnumerable<string> Notes(PlanRequest request, bool isCompact)
    {
        if (!isCompact)
        {
            yield return "in a device: layers, seconds of a mean request, memory";
            yield break;
        }
        var fleet = request.Fleet;
        var link = new Core.Fleets.LinkSpec
        {
            From = "",
            To = "",
            BandwidthBytesPerSecond = fleet.DefaultBandwidthBytesPerSecond,
            LatencySeconds = fleet.DefaultLatencySeconds,
        };
        yield return "in a device: layers, memory in use";
        yield return $"links: {Figures.Bandwidth(link)}, {Figures.Seconds(link.LatencySeconds)}{(fleet.Links.Length > 0 ? " where the fleet names no other" : "")}";
    }

    private IEnumerable<(string Class, string Text, double X, int Row)> Place(double x)
    {
        var (left, row) = (x, 0);
        foreach (var (style, text) in _entries)
        {
            var span = SwatchSpan(style) + text.Length * Advance * PictureStyle.FigureSize;
            if (left > x && left + span > x + width)
                (left, row) = (x, row + 1);
            yield return (style, text, left, row);
            left += span + Gap;
        }
    }

    private static double SwatchSpan(string style) => style.Length > 0 ? SwatchWidth + SwatchGap : 0;

    private static XElement Swatch(string style, double x, double y) => style switch
    {
        "gauge" => Pen.Element("g", Pen.Rect(x, y + 3, SwatchWidth, 7, "gauge"), Pen.Rect(x, y + 3, 0.6 * SwatchWidth, 7, "gauge-used")),
        "slowest" => Pen.Element("g", Pen.Attribute("class", style), Pen.Rect(x, y, SwatchWidth, 14, "box", 3)),
        _ => Pen.Element("g", Pen.Attribute("class", style), Pen.Rect(x, y, SwatchWidth, 14, "band", 3)),
    };
}
