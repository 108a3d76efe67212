using System.Globalization;
using System.Security;
using System.Text;

namespace E2LLM.Cli.Bench.Plots;

/// <summary>One coordinate system of a plot.</summary>
internal sealed class SvgPanel
{
    public const int Width = 720;
    public const int Height = 300;

    private const int Left = 76;
    private const int Top = 36;
    private const int PlotWidth = 480;
    private const int PlotHeight = 200;
    private const string MarkColour = "#666";
    private const string Dashed = "stroke-dasharray='6 4'";

    private static readonly string[] Colours = ["#0072b2", "#e69f00", "#d55e00", "#009e73"]; // told apart by colour-blind readers

    private readonly StringBuilder _svg = new();
    private readonly AxisScale _x;
    private readonly AxisScale _y;
    private int _legends;

    public SvgPanel(string title, string xLabel, string yLabel, AxisScale x, AxisScale y)
    {
        _x = x;
        _y = y;
        Text(Left, Top - 14, title, "font-weight='bold'");
        foreach (var tick in y.Ticks)
        {
            Line(Left, Y(tick), Left + PlotWidth, Y(tick), "#ddd");
            Text(Left - 6, Y(tick) + 4, Number(tick), "text-anchor='end'");
        }
        foreach (var tick in x.Ticks)
        {
            Line(X(tick), Top + PlotHeight, X(tick), Top + PlotHeight + 4, "#333");
            Text(X(tick), Top + PlotHeight + 18, Number(tick), "text-anchor='middle'");
        }
        Line(Left, Top + PlotHeight, Left + PlotWidth, Top + PlotHeight, "#333");
        Text(Left + (PlotWidth / 2), Top + PlotHeight + 38, xLabel, "text-anchor='middle'");
        Text(0, 0, yLabel, $"text-anchor='middle' transform='translate(16 {Top + (PlotHeight / 2)}) rotate(-90)'");
    }

    /// <summary>A line through points, with a mark at each.</summary>
    public void AddLine(string name, IEnumerable<(double X, double Y)> points)
    {
        var colour = Colours[_legends % Colours.Length];
        var drawn = points.ToArray();
        _svg.Append($"<polyline fill='none' stroke='{colour}' stroke-width='2' points='");
        _svg.AppendJoin(' ', drawn.Select(point => $"{Number(X(point.X))},{Number(Y(point.Y))}"));
        _svg.AppendLine("'/>");
        foreach (var point in drawn)
            _svg.AppendLine($"<circle r='3' fill='{colour}' cx='{Number(X(point.X))}' cy='{Number(Y(point.Y))}'/>");
        AddLegend(name, colour);
    }

    /// <summary>A bar between two values of x.</summary>
    public void AddBar(double from, double to, double height) => _svg
        .Append($"<rect fill='{Colours[0]}' stroke='white' x='{Number(X(from))}' y='{Number(Y(height))}' ")
        .AppendLine($"width='{Number(X(to) - X(from))}' height='{Number(Top + PlotHeight - Y(height))}'/>");

    /// <summary>A dashed line at a value of x; none where it lies outside.</summary>
    public void AddVerticalMark(string name, double x)
    {
        if (x > _x.End)
            return;
        Line(X(x), Top, X(x), Top + PlotHeight, MarkColour, Dashed);
        Text(X(x) + 4, Top + 12, name, $"fill='{MarkColour}'");
    }

    /// <summary>A dashed line at a value of y; none where it lies outside.</summary>
    public void AddHorizontalMark(string name, double y)
    {
        if (y > _y.End)
            return;
        Line(Left, Y(y), Left + PlotWidth, Y(y), MarkColour, Dashed);
        Text(Left + PlotWidth - 4, Y(y) - 4, name, $"fill='{MarkColour}' text-anchor='end'");
    }

    /// <summary>The panels below each other, as one document.</summary>
    public static string Document(string title, IReadOnlyList<SvgPanel> panels)
    {
        const int head = 36;
        var height = head + (Height * panels.Count);
        var svg = new StringBuilder()
            .Append($"<svg xmlns='http://www.w3.org/2000/svg' width='{Width}' height='{height}' viewBox='0 0 {Width} {height}' ")
            .AppendLine("font-family='sans-serif' font-size='12'>")
            .AppendLine($"<rect width='{Width}' height='{height}' fill='white'/>")
            .AppendLine($"<text x='12' y='24' font-size='14'>{SecurityElement.Escape(title)}</text>");
        for (var index = 0; index < panels.Count; index++)
            svg.AppendLine($"<g transform='translate(0 {head + (index * Height)})'>").Append(panels[index]._svg).AppendLine("</g>");
        return svg.AppendLine("</svg>").ToString();
    }

    private void AddLegend(string name, string colour)
    {
        var y = Top + 8 + (18 * _legends++);
        Line(Left + PlotWidth + 12, y, Left + PlotWidth + 32, y, colour, "stroke-width='3'");
        Text(Left + PlotWidth + 38, y + 4, name, "");
    }

    private void Line(double x1, double y1, double x2, double y2, string colour, string more = "") => _svg.AppendLine(
        $"<line stroke='{colour}' x1='{Number(x1)}' y1='{Number(y1)}' x2='{Number(x2)}' y2='{Number(y2)}' {more}/>");

    private void Text(double x, double y, string text, string more) => _svg.AppendLine(
        $"<text x='{Number(x)}' y='{Number(y)}' {more}>{SecurityElement.Escape(text)}</text>");

    private double X(double value) => Left + (PlotWidth * _x.Share(value));

    private double Y(double value) => Top + PlotHeight - (PlotHeight * _y.Share(value));

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
