using System.Xml.Linq;
using E2LLM.Cli.Planning.Page;
using E2LLM.Cli.Planning.Picture;

namespace E2LLM.Cli.Tests.Planning;

public sealed class PlanPageTests
{
    private const string Hostile = "<script>alert('&\"')</script>";

    [Fact]
    public void Page_HostileNames_AreEscapedEverywhere()
    {
        var input = PlanRequests.Testbed();
        var request = input.Request;
        string Id(int index) => index == 0 ? Hostile : $"{Hostile}\u0001{index}";
        request = request with
        {
            Fleet = request.Fleet with
            {
                Name = Hostile,
                Devices = [.. request.Fleet.Devices.Select((device, index) => device with { Id = Id(index), Description = Hostile })],
            },
            Profiles = [.. request.Profiles.Select((profile, index) => profile with { DeviceId = Id(index) })],
        };

        var page = PlanPage.Write(input with { Request = request }, [PlanRequests.Plan(request)], null);

        Assert.DoesNotContain("<script", page);
        Assert.Contains("&lt;script&gt;", page);
    }

    [Fact]
    public void Page_Plan_IsWellFormedAndHoldsPictureProofAndEveryStage()
    {
        var input = PlanRequests.Testbed();
        var outcome = PlanRequests.Plan(input.Request);

        var page = PlanPage.Write(input, [outcome], null);
        var document = XDocument.Parse(page[page.IndexOf("<html", StringComparison.Ordinal)..]);

        Assert.Equal(["wide", "narrow"], document.Descendants(Pen.Svg + "svg").Select(picture => picture.Parent!.Attribute("class")!.Value));
        Assert.Contains("within 0 % of the optimum (proved", document.Root!.Value);
        var cells = document.Descendants("td").Select(cell => cell.Value).ToHashSet();
        Assert.All(outcome.Plan!.Replicas.SelectMany(replica => replica.Stages), stage => Assert.Contains(stage.DeviceId, cells));
        // Nothing is loaded from elsewhere and nothing runs.
        Assert.DoesNotContain(document.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe");
        Assert.DoesNotContain(document.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
    }

    [Fact]
    public void Page_OnATelephone_ShowsThePictureThatIsNoWiderThanItsScreen()
    {
        var input = PlanRequests.Testbed();

        var page = PlanPage.Write(input, [PlanRequests.Plan(input.Request)], null);
        var document = XDocument.Parse(page[page.IndexOf("<html", StringComparison.Ordinal)..]);

        var narrow = document.Descendants("div").Single(element => element.Attribute("class")?.Value == "narrow").Element(Pen.Svg + "svg")!;
        Assert.InRange(int.Parse(narrow.Attribute("width")!.Value, System.Globalization.CultureInfo.InvariantCulture), 1, 390);
        Assert.Contains("@media (max-width:", page);
        Assert.Contains("width=device-width", page);
        // Wide tables scroll by themselves.
        Assert.All(document.Descendants("table"), table => Assert.Equal("scroll", table.Parent!.Attribute("class")!.Value));
    }

    [Fact]
    public void Page_DevicesOnDifferentRuntimes_SaysWhatThatMeans()
    {
        var input = PlanRequests.Testbed();
        var request = input.Request with { Profiles = [.. input.Request.Profiles.Select((profile, index) => profile with { Runtime = index % 2 == 0 ? "one 1.0" : "other 2.0" })] };

        var page = PlanPage.Write(input with { Request = request }, [PlanRequests.Plan(request)], null);

        Assert.Contains("devices run on different runtimes (one 1.0: ", page);
        Assert.DoesNotContain("different runtimes", PlanPage.Write(input, [PlanRequests.Plan(input.Request)], null));
    }

    [Fact]
    public void Page_SeveralPlanners_HasATableAndASectionEach()
    {
        var input = PlanRequests.Testbed();

        var page = PlanPage.Write(input, [PlanRequests.Plan(input.Request), PlanRequests.Plan(input.Request, "splitwise")], null);

        Assert.Contains("Planners side by side", page);
        Assert.Contains("Plan by e2llm", page);
        Assert.Contains("Plan by splitwise", page);
    }
}
