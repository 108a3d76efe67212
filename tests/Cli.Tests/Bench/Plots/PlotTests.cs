using System.Xml.Linq;
using E2LLM.Cli.Bench.Plots;

namespace E2LLM.Cli.Tests.Bench.Plots;

public sealed class PlotTests
{
    [Theory]
    [InlineData(0, 0.2, 1)]
    [InlineData(1, 0.2, 1)]
    [InlineData(7.3, 2, 8)]
    [InlineData(48, 10, 50)]
    [InlineData(0.0031, 0.001, 0.004)]
    public void AxisScale_HighestValue_EndsAtARoundNumber(double highest, double step, double end)
    {
        var scale = new AxisScale(highest);

        Assert.Equal(highest == 0 ? 0.2 : step, scale.Step, 1e-12);
        Assert.Equal(highest == 0 ? 0.2 : end, scale.End, 1e-12);
        Assert.InRange(scale.Share(highest), 0, 1);
    }

    [Fact]
    public void Bins_Values_AreCountedOnceEach() =>
        Assert.Equal([2, 0, 1, 3], Bins.Count([0, 0.9, 2.5, 3, 4, 99], end: 4, bins: 4));

    [Fact]
    public void Document_HostileNames_IsWellFormed()
    {
        var panel = new SvgPanel("a < b & 'c'", "x", "y", new AxisScale(10), new AxisScale(5));
        panel.AddLine("p50 <script>", [(1, 2), (3, 4)]);
        panel.AddBar(1, 2, 3);
        panel.AddHorizontalMark("objective", 4);
        panel.AddHorizontalMark("outside", 400);

        var svg = XDocument.Parse(SvgPanel.Document("model <&> \"'", [panel, panel]));

        Assert.Equal(2, svg.Descendants().Count(element => element.Name.LocalName == "polyline"));
        Assert.Contains("p50 <script>", svg.Descendants().Select(element => element.Value));
        Assert.DoesNotContain("outside", svg.Descendants().Select(element => element.Value));
    }
}
