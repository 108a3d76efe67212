using System.Globalization;
using System.Xml.Linq;
using E2LLM.Cli.Planning.Picture;

namespace E2LLM.Cli.Tests.Planning;

public sealed class PictureTextTests
{
    [Fact]
    public void Picture_Texts_StayInTheirBoxAndOffEachOther()
    {
        var request = PlanRequests.Testbed().Request;
        // The longest names that a fleet file may have, and kinds of capitals.
        request = request with
        {
            Fleet = request.Fleet with
            {
                Devices = [.. request.Fleet.Devices.Select((device, index) => device with { Id = new string('M', 60) + index, Description = new string('W', 200) })],
            },
            Profiles = [.. request.Profiles.Select((profile, index) => profile with { DeviceId = new string('M', 60) + index })],
        };
        var outcome = PlanRequests.Plan(request);
        var picture = FleetPicture.Draw(request, outcome.Plan!, outcome.Explanation!);

        foreach (var device in picture.Descendants().Where(element => element.Attribute("data-device") is not null))
        {
            var box = device.Elements(Pen.Svg + "rect").Single(rect => rect.Attribute("class")!.Value == "box");
            var (left, right) = (Number(box, "x"), Number(box, "x") + Number(box, "width"));
            var lines = device.Elements(Pen.Svg + "text").Select(Span).GroupBy(span => span.Y);
            foreach (var line in lines)
            {
                var spans = line.OrderBy(span => span.Left).ToList();
                Assert.All(spans, span => Assert.True(span.Left >= left && span.Right <= right));
                Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.True(pair.First.Right <= pair.Second.Left));
            }
        }
    }

    [Theory]
    [InlineData("short", 100, "short")]
    [InlineData("jetson-orin-nano-17", 80, "jetson…no-17")]
    public void Fit_Name_IsCutInTheMiddle(string text, double width, string fitted) => Assert.Equal(fitted, Pen.Fit(text, width, 10));

    [Fact]
    public void Wrap_Sentence_KeepsAllWordsWithinTheWidth()
    {
        const string sentence = "no gain: alone it cannot hold the model, and in the best of the replicas it would be slow";

        var lines = Pen.Wrap(sentence, 200, 10).ToList();

        Assert.Equal(sentence, string.Join(' ', lines));
        Assert.All(lines, line => Assert.True(Pen.Width(line, 10, isFixed: false) <= 200));
    }

    private static (double Left, double Right, double Y) Span(XElement text)
    {
        var style = text.Attribute("class")!.Value.Split(' ');
        var size = style.Contains("name") ? PictureStyle.NameSize : style.Contains("figure") ? PictureStyle.FigureSize : PictureStyle.SmallSize;
        var width = Pen.Width(text.Value, size, style.Contains("fixed"));
        var x = Number(text, "x");
        return style.Contains("end") ? (x - width, x, Number(text, "y")) : (x, x + width, Number(text, "y"));
    }

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
