using ScottPlot;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>Colours and axes that all figures share. Lines differ in their marks and patterns too, so that a grey print tells them apart.</summary>
internal static class FigureStyle
{
    /// <summary>Of texts and axes: black on paper; <see cref="FigureSvg"/> makes it the colour of the page's texts.</summary>
    public static readonly Color Ink = Color.FromHex("#1b1f24");

    public static readonly Color Answers = Color.FromHex("#1f83c5");
    public static readonly Color Prompts = Color.FromHex("#e69f00");
    public static readonly Color Both = Color.FromHex("#009e73");
    public static readonly Color KvCaches = Color.FromHex("#cc79a7");

    /// <summary>Okabe and Ito's, told apart by colour-blind readers, without those that are too pale for paper.</summary>
    private static readonly Color[] Lines =
        [.. new[] { "#1f83c5", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#3aa0dd", "#7d8590" }.Select(hex => Color.FromHex(hex))];

    private static readonly MarkerShape[] Marks =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown, MarkerShape.OpenCircle, MarkerShape.OpenSquare,
    ];

    private static readonly LinePattern[] Patterns = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted];

    /// <summary>An empty plot.</summary>
    /// <param name="size">What it is to fit in.</param>
    /// <param name="xLabel">With its unit.</param>
    /// <param name="yLabel">With its unit; empty: none.</param>
    public static Plot Create(FigureSize size, string xLabel, string yLabel)
    {
        var plot = new Plot();
        plot.Font.Set(PlotFonts.Family ?? Fonts.Default);
        plot.Axes.Color(Ink);
        plot.Axes.Bottom.Label.Text = xLabel;
        plot.Axes.Left.Label.Text = yLabel;
        foreach (var axis in new IAxis[] { plot.Axes.Bottom, plot.Axes.Left })
        {
            axis.Label.Bold = false;
            axis.Label.FontSize = size.IsNarrow ? 13 : 14;
            axis.TickLabelStyle.FontSize = size.IsNarrow ? 11 : 12;
        }
        // Figures have their titles above them, where a page can find them.
        plot.Axes.Right.FrameLineStyle.Width = plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Grid.MajorLineColor = Ink.WithAlpha(0.12);
        plot.FigureBackground.Color = plot.DataBackground.Color = Colors.Transparent;
        return plot;
    }

    public static Color LineColor(int index) => Lines[index % Lines.Length];

    public static MarkerShape Mark(int index) => Marks[index % Marks.Length];

    public static LinePattern Pattern(int index) => Patterns[index / Lines.Length % Patterns.Length];

    /// <summary>Beside the plot, or below it where that leaves no room: never over the lines.</summary>
    public static void AddLegend(Plot plot, FigureSize size)
    {
        plot.Legend.BackgroundColor = plot.Legend.ShadowColor = plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.FontColor = Ink;
        plot.Legend.FontSize = size.IsNarrow ? 11 : 13;
        if (size.IsNarrow)
            plot.Legend.Orientation = Orientation.Horizontal;
        plot.ShowLegend(size.IsNarrow ? Edge.Bottom : Edge.Right);
    }
}
