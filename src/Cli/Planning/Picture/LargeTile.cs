using System.Xml.Linq;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>A device with its name, kind, layers, time and memory; hops with their bandwidth and latency.</summary>
internal sealed class LargeTile : StageTile
{
    private const double Inset = 9;

    public override double Width => 180;

    public override double Height => 88;

    public override double Gap => 84;

    public override double RowGap => 40;

    public override int MaxColumns => 4;

    public override double HeaderHeight => 28;

    public override (string Class, double Size) Header => ("header", PictureStyle.HeaderSize);

    public override double BarHeight => 18;

    public override IEnumerable<XElement> Hop(LinkSpec link, double fromX, double fromY, double toX, double toY)
    {
        var (bandwidth, latency) = (Figures.Bandwidth(link), Figures.Seconds(link.LatencySeconds));
        if (fromY == toY)
            return
            [
                .. Arrow(fromX, fromY, toX, toY),
                Pen.Text((fromX + toX) / 2, fromY + Height / 2 - 6, "fixed small mid", Pen.Fit(bandwidth, Gap - 6, PictureStyle.SmallSize)),
                Pen.Text((fromX + toX) / 2, fromY + Height / 2 + 15, "fixed small mid", Pen.Fit(latency, Gap - 6, PictureStyle.SmallSize)),
            ];
        // Straight down: on both sides of the arrow.
        if (fromX - Width == toX)
            return
            [
                .. Arrow(fromX, fromY, toX, toY),
                Pen.Text(toX + Width / 2 - 8, toY - RowGap / 2 + 3, "fixed small end", bandwidth),
                Pen.Text(toX + Width / 2 + 8, toY - RowGap / 2 + 3, "fixed small", latency),
            ];
        return
        [
            .. Arrow(fromX, fromY, toX, toY),
            Pen.Text((fromX + toX) / 2, toY - RowGap / 2 - 5, "fixed small mid", $"{bandwidth}, {latency}"),
        ];
    }

    protected override IEnumerable<XElement> Content(PlanRequest request, StagePlan stage, StageExplanation explained, double x, double y)
    {
        var inner = Width - 2 * Inset;
        var kind = request.Fleet.Find(stage.DeviceId)?.Description ?? "";
        var memory = $"{Figures.Bytes(explained.UsedBytes)} of {Figures.Bytes(explained.MemoryBytes)}";
        return
        [
            Pen.Text(x + Inset, y + 17, "fixed name", Pen.Fit(stage.DeviceId, inner, PictureStyle.NameSize)),
            Pen.Text(x + Inset, y + 31, "small quiet", Pen.Fit(kind, inner, PictureStyle.SmallSize, isFixed: false)),
            Pen.Text(x + Inset, y + 48, "fixed figure", Figures.Layers(stage.FirstLayer, stage.LayerCount)),
            Pen.Text(x + Width - Inset, y + 48, "fixed figure end", Figures.Seconds(explained.RequestSeconds)),
            .. Gauge(x + Inset, y + 57, inner, 7, explained.MemoryShare),
            Pen.Text(x + Inset, y + 79, "fixed small", Pen.Fit(memory, inner, PictureStyle.SmallSize)),
        ];
    }
}
