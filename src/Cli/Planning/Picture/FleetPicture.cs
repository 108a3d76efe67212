using System.Xml.Linq;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>
/// The fleet under a plan as SVG: a frame for each replica in its role's colour with its devices, hops and cuts, and the devices left
/// out apart from them. One element of class "device" for each device of the fleet.
/// </summary>
internal static class FleetPicture
{
    /// <summary>Fleets of more devices are drawn with small tiles.</summary>
    public const int MaxLargeDevices = 32;

    /// <summary>Width for a desk's screen and for paper.</summary>
    public const double PageWidth = 1360;

    /// <summary>Width for a telephone, which shows it as large as it is.</summary>
    public const double NarrowWidth = 360;

    private const double SectionGap = 18;
    private const double LineHeight = 18;
    private const double TitleHeight = 24;

    /// <param name="request">What was planned.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="explanation">Its times and memory.</param>
    /// <param name="width">How wide it is to be; the height follows.</param>
    public static XElement Draw(PlanRequest request, ServingPlan plan, PlanExplanation explanation, double width = PageWidth)
    {
        var margin = width < PageWidth / 2 ? 6 : 20;
        var inner = width - 2 * margin;
        var isCompact = request.Fleet.Devices.Length > MaxLargeDevices;
        StageTile tile = isCompact ? new SmallTile() : new LargeTile();
        var y = margin + PictureStyle.TitleSize - TitleHeight;
        var content = new List<XElement>();
        foreach (var line in Pen.Wrap($"{plan.ModelId} on {request.Fleet.Name}, planned by {plan.Planner}", inner, PictureStyle.TitleSize))
            content.Add(Pen.Text(margin, y += TitleHeight, "title", line));
        foreach (var line in Notes(plan).SelectMany(note => Pen.Wrap(note, inner, PictureStyle.NameSize)))
            content.Add(Pen.Text(margin, y += LineHeight, "figure quiet", line));

        y += SectionGap;
        var legend = new Legend(request, plan, isCompact, inner);
        content.Add(legend.Draw(margin, y));
        y += legend.Height + SectionGap;
        IEnumerable<IPictureBox> replicas = plan.Replicas.Zip(
            explanation.Replicas, (replica, explained) => new ReplicaBox(request, replica, explained, tile, inner));
        content.AddRange(Shelves.Place(replicas, margin, y, inner, out y).Select(place => place.Box.Draw(place.X, place.Y)));
        if (plan.Unused.Length > 0)
        {
            IEnumerable<IPictureBox> unused = plan.Unused.GroupBy(device => device.Reason).Select(group => new UnusedBox(request.Fleet, group, inner));
            content.AddRange(Shelves.Place(unused, margin, y + SectionGap, inner, out y).Select(place => place.Box.Draw(place.X, place.Y)));
        }

        var height = y + margin;
        return Pen.Element(
            "svg",
            Pen.Attribute("class", "fleet"),
            Pen.Attribute("role", "img"),
            Pen.Number("width", width),
            Pen.Number("height", height),
            Pen.Attribute("viewBox", FormattableString.Invariant($"0 0 {width:0.##} {height:0.##}")),
            Pen.Title($"Plan by {plan.Planner} for {plan.ModelId} on {request.Fleet.Name}"),
            Pen.Element("style", PictureStyle.Css),
            Pen.Rect(0, 0, width, height, "paper"),
            content);
    }

    private static IEnumerable<string> Notes(ServingPlan plan)
    {
        if (plan.Prediction is { } prediction)
            yield return $"Predicted: mean wait {Figures.Seconds(prediction.MeanWaitSeconds)}, TTFT {Figures.Seconds(prediction.TtftSeconds)}, "
                + $"TPOT {Figures.Seconds(prediction.TpotSeconds)}, capacity {Figures.Rate(prediction.CapacityRequestsPerSecond)}, limited by {prediction.BindingResource}";
        if (plan.Certificates is [var certificate, ..])
            yield return PlanSentences.Certificate(certificate);
    }
}
