using System.Xml.Linq;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>How a device of a replica is drawn: large with all its figures, or small where a fleet has many.</summary>
internal abstract class StageTile
{
    public abstract double Width { get; }

    public abstract double Height { get; }

    /// <summary>Between two devices of a row, where the hop is drawn.</summary>
    public abstract double Gap { get; }

    public abstract double RowGap { get; }

    public abstract int MaxColumns { get; }

    public abstract double HeaderHeight { get; }

    /// <summary>CSS class and font size of the replica's name.</summary>
    public abstract (string Class, double Size) Header { get; }

    public abstract double BarHeight { get; }

    public XElement Draw(PlanRequest request, StagePlan stage, StageExplanation explained, double x, double y) => Pen.Element(
        "g",
        Pen.Attribute("class", explained.BusyShare == 1 ? "device slowest" : "device"),
        Pen.Attribute("data-device", Pen.Clean(stage.DeviceId)),
        Pen.Title(
            $"{stage.DeviceId} ({request.Fleet.Find(stage.DeviceId)?.Description}): layers {Figures.Layers(stage.FirstLayer, stage.LayerCount)}, "
            + $"{Figures.Bytes(explained.UsedBytes)} of {Figures.Bytes(explained.MemoryBytes)}; of a request: compute {Figures.Seconds(explained.RequestComputeSeconds)}, "
            + $"hop {Figures.Seconds(explained.RequestHopSeconds)}, KV transfer {Figures.Seconds(explained.RequestKvSeconds)}"),
        Pen.Rect(x, y, Width, Height, "box", 4),
        Content(request, stage, explained, x, y));

    /// <param name="link">What the hop goes over.</param>
    /// <param name="fromX">Right edge of the sender.</param>
    /// <param name="fromY">Its top.</param>
    /// <param name="toX">Left edge of the receiver.</param>
    /// <param name="toY">Its top: another one where the receiver starts the next row.</param>
    public abstract IEnumerable<XElement> Hop(LinkSpec link, double fromX, double fromY, double toX, double toY);

    protected abstract IEnumerable<XElement> Content(PlanRequest request, StagePlan stage, StageExplanation explained, double x, double y);

    protected static IEnumerable<XElement> Gauge(double x, double y, double width, double height, double share) =>
    [
        Pen.Rect(x, y, width, height, "gauge"),
        Pen.Rect(x, y, width * Math.Clamp(share, 0, 1), height, "gauge-used"),
    ];

    /// <summary>An arrow; around the corner where the receiver is in the next row.</summary>
    protected IEnumerable<XElement> Arrow(double fromX, double fromY, double toX, double toY)
    {
        const double head = 4;
        if (fromY == toY)
        {
            var middle = fromY + Height / 2;
            yield return Pen.Path("hop", (fromX + 2, middle), (toX - 2, middle));
            yield return Pen.Path("hop", (toX - 2 - head, middle - head), (toX - 2, middle), (toX - 2 - head, middle + head));
            yield break;
        }
        var (from, to, between) = (fromX - Width / 2, toX + Width / 2, toY - RowGap / 2);
        yield return Pen.Path("hop", (from, fromY + Height + 2), (from, between), (to, between), (to, toY - 2));
        yield return Pen.Path("hop", (to - head, toY - 2 - head), (to, toY - 2), (to + head, toY - 2 - head));
    }
}
