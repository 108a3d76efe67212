using System.Xml.Linq;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>Devices that the plan leaves out for one reason, with the reason.</summary>
internal sealed class UnusedBox : IPictureBox
{
    private const double Padding = 14;
    private const double TileWidth = 180;
    private const double TileHeight = 40;
    private const double TileGap = 10;
    private const double LineHeight = 15;
    private const double HeaderHeight = 24;

    private readonly FleetSpec _fleet;
    private readonly string[] _devices;
    private readonly string[] _reason;
    private readonly int _columns;

    public UnusedBox(FleetSpec fleet, IGrouping<string, UnusedDevice> devices, double width)
    {
        _fleet = fleet;
        _devices = [.. devices.Select(device => device.DeviceId)];
        _reason = [.. Pen.Wrap(devices.Key, width - 2 * Padding, PictureStyle.FigureSize)];
        _columns = (int)((width - 2 * Padding + TileGap) / (TileWidth + TileGap));
        var rows = (_devices.Length + _columns - 1) / _columns;
        Width = width;
        Height = HeaderHeight + _reason.Length * LineHeight + rows * (TileHeight + TileGap) + Padding;
    }

    public double Width { get; }

    public double Height { get; }

    public XElement Draw(double x, double y)
    {
        var group = Pen.Element(
            "g",
            Pen.Attribute("class", "unused"),
            Pen.Rect(x, y, Width, Height, "group", 6),
            Pen.Text(x + Padding, y + 18, "header", $"left out: {_devices.Length}"));
        for (var line = 0; line < _reason.Length; line++)
            group.Add(Pen.Text(x + Padding, y + HeaderHeight + 11 + line * LineHeight, "figure quiet", _reason[line]));
        var top = y + HeaderHeight + _reason.Length * LineHeight + TileGap;
        for (var index = 0; index < _devices.Length; index++)
            group.Add(Tile(_devices[index], x + Padding + index % _columns * (TileWidth + TileGap), top + index / _columns * (TileHeight + TileGap)));
        return group;
    }

    private XElement Tile(string id, double x, double y)
    {
        const double inset = 8;
        var device = _fleet.Find(id);
        return Pen.Element(
            "g",
            Pen.Attribute("class", "device"),
            Pen.Attribute("data-device", Pen.Clean(id)),
            Pen.Title($"{id} ({device?.Description})"),
            Pen.Rect(x, y, TileWidth, TileHeight, "box", 4),
            Pen.Text(x + inset, y + 16, "fixed figure", Pen.Fit(id, TileWidth - 2 * inset, PictureStyle.FigureSize)),
            Pen.Text(x + inset, y + 31, "fixed small quiet", Figures.Bytes(device?.MemoryBytes ?? 0)));
    }
}
