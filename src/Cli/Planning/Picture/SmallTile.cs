using System.Xml.Linq;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>A device with its name, layers and memory alone, for fleets of many; the rest is in the tooltip.</summary>
internal sealed class SmallTile : StageTile
{
    private const double Inset = 6;

    public override double Width => 132;

    public override double Height => 40;

    public override double Gap => 16;

    public override double RowGap => 14;

    public override int MaxColumns => 4;

    public override double HeaderHeight => 24;

    public override (string Class, double Size) Header => ("label", PictureStyle.FigureSize);

    public override double BarHeight => 8;

    public override IEnumerable<XElement> Hop(LinkSpec link, double fromX, double fromY, double toX, double toY) => Arrow(fromX, fromY, toX, toY);

    protected override IEnumerable<XElement> Content(PlanRequest request, StagePlan stage, StageExplanation explained, double x, double y) =>
    [
        Pen.Text(x + Inset, y + 14, "fixed small", Pen.Fit(stage.DeviceId, Width - 2 * Inset, PictureStyle.SmallSize)),
        Pen.Text(x + Inset, y + 28, "fixed small quiet", Figures.Layers(stage.FirstLayer, stage.LayerCount)),
        Pen.Text(x + Width - Inset, y + 28, "fixed small quiet end", $"{100 * explained.MemoryShare:0} %"),
        .. Gauge(x + Inset, y + 33, Width - 2 * Inset, 3, explained.MemoryShare),
    ];
}
