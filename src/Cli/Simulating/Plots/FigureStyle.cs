using ScottPlot;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>Colours and axes that all figures share. Lines differ in their marks too, so that a grey print tells them apart; dashes are none that an SVG of the library has.</summary>
internal static class FigureStyle
{
    /// <summary>Of texts and axes: black on paper; <see cref="FigureSvg"/> makes it the colour of the page's texts.</summary>
    public static readonly Color Ink = Color.FromHex("#1b1f24");

    public static readonly Color Answers = Color.FromHex("#1f83c5");
    public static readonly Color Prompts = Color.FromHex("#e69f00");
    public static readonly Color Both = Color.FromHex("#009e73");
    public static readonly Color KvCaches = Color.FromHex("#cc79a7");

    /// <summary>First Okabe and Ito's, told apart by colour-blind readers, without those that are too pale for paper; as many as there are planners.</summary>
    private static readonly Color[] Lines =
    [
        .. new[] { "#1f83c5", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#7d8590", "#8a63d2", "#a8763e", "#8fa31e", "#e0567c", "#2fb5c4" }.Select(hex => Color.FromHex(hex)),
    ];

    private static readonly MarkerShape[] Marks =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond, MarkerShape.FilledTriangleDown, MarkerShape.OpenCircle, MarkerShape.OpenSquare,
    ];

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

    /// <summary>Beside the plot, never over the lines. Where that leaves no room the page has it below the figure.</summary>
    public static void AddLegend(Plot plot, FigureSize size)
    {
        if (size.IsNarrow)
        {
            plot.HideLegend();
            return;
        }
        plot.Legend.BackgroundColor = plot.Legend.ShadowColor = plot.Legend.OutlineColor = Colors.Transparent;
        plot.Legend.FontColor = Ink;
        plot.Legend.FontSize = 13;
        plot.ShowLegend(Edge.Right);
    }
}
