using System.Xml.Linq;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>A replica: a frame in its role's colour, its devices in the order of their layers, and a bar of the cuts.</summary>
internal sealed class ReplicaBox : IPictureBox
{
    private const double Padding = 14;
    private const double BarGap = 12;

    /// <summary>Between a replica's name and its rate, at least.</summary>
    private const double HeaderGap = 12;

    private readonly PlanRequest _request;
    private readonly ReplicaPlan _replica;
    private readonly ReplicaExplanation _explained;
    private readonly StageTile _tile;
    private readonly int _columns;

    private readonly string _name;
    private readonly string _rate;

    /// <param name="request">What was planned.</param>
    /// <param name="replica">The replica.</param>
    /// <param name="explained">Its times and memory.</param>
    /// <param name="tile">How its devices are drawn.</param>
    /// <param name="width">As wide as it may be.</param>
    public ReplicaBox(PlanRequest request, ReplicaPlan replica, ReplicaExplanation explained, StageTile tile, double width)
    {
        (_request, _replica, _explained, _tile) = (request, replica, explained, tile);
        var fitting = (int)((width - 2 * Padding + tile.Gap) / (tile.Width + tile.Gap));
        _columns = Math.Clamp(fitting, 1, Math.Min(replica.Stages.Length, tile.MaxColumns));
        var rows = (replica.Stages.Length + _columns - 1) / _columns;
        (_name, _rate) = ($"{replica.Id} {RoleNames.Of(replica.Role)}", Figures.Rate(replica.RequestsPerSecond));
        var header = Pen.Width(_name, tile.Header.Size, isFixed: false) + HeaderGap + Pen.Width(_rate, PictureStyle.FigureSize);
        Width = 2 * Padding + Math.Max(_columns * tile.Width + (_columns - 1) * tile.Gap, Math.Min(header, width - 2 * Padding));
        Height = tile.HeaderHeight + Padding + rows * tile.Height + (rows - 1) * tile.RowGap + BarGap + tile.BarHeight + Padding;
    }

    public double Width { get; }

    public double Height { get; }

    public XElement Draw(double x, double y)
    {
        var nameWidth = Width - 2 * Padding - HeaderGap - Pen.Width(_rate, PictureStyle.FigureSize);
        var name = Pen.Fit(_name, nameWidth + 1e-6, _tile.Header.Size, isFixed: false);
        var baseline = y + _tile.HeaderHeight / 2 + 4.5;
        var group = Pen.Element(
            "g",
            Pen.Attribute("class", $"replica {PictureStyle.ClassOf(_replica.Role)}"),
            Pen.Title($"{_name}: {_explained.Limit}"),
            Pen.Rect(x, y, Width, Height, "group", 6),
            Pen.Rect(x, y, Width, _tile.HeaderHeight, "band", 6),
            Pen.Text(x + Padding, baseline, $"{_tile.Header.Class} band-text", name),
            Pen.Text(x + Width - Padding, baseline, "fixed figure end band-text", _rate));
        for (var index = 0; index < _replica.Stages.Length; index++)
        {
            var (left, top) = Place(index, x, y);
            group.Add(_tile.Draw(_request, _replica.Stages[index], _explained.Stages[index], left, top));
            if (index < _replica.Stages.Length - 1)
                group.Add(Hop(index, x, y));
        }
        group.Add(Bar(x + Padding, y + Height - Padding - _tile.BarHeight));
        return group;
    }

    private (double X, double Y) Place(int index, double x, double y) => (
        x + Padding + index % _columns * (_tile.Width + _tile.Gap),
        y + _tile.HeaderHeight + Padding + index / _columns * (_tile.Height + _tile.RowGap));

    private IEnumerable<XElement> Hop(int index, double x, double y)
    {
        var link = _request.Fleet.Link(_replica.Stages[index].DeviceId, _replica.Stages[index + 1].DeviceId);
        var ((fromX, fromY), (toX, toY)) = (Place(index, x, y), Place(index + 1, x, y));
        return _tile.Hop(link, fromX + _tile.Width, fromY, toX, toY);
    }

    private IEnumerable<XElement> Bar(double x, double y)
    {
        var layer = (Width - 2 * Padding) / _request.Model.LayerCount;
        foreach (var stage in _replica.Stages)
        {
            var (left, span) = (x + stage.FirstLayer * layer, stage.LayerCount * layer);
            var label = Figures.Layers(stage.FirstLayer, stage.LayerCount);
            yield return Pen.Rect(left, y, span, _tile.BarHeight, "slice");
            if (_tile.BarHeight >= PictureStyle.SmallSize + 4 && Pen.Width(label, PictureStyle.SmallSize) <= span - 4)
                yield return Pen.Text(left + span / 2, y + _tile.BarHeight / 2 + 3.5, "fixed small mid", label);
        }
    }
}
