using System.Xml.Linq;
using E2LLM.Cli.Planning.Picture;
using E2LLM.Cli.Tests.Planning;

namespace E2LLM.Cli.Tests.Simulating;

public sealed class SimulationPageTests
{
    [Fact]
    public async Task Page_Report_StandsAloneAndHoldsEveryFigureInBothWidths()
    {
        using var files = new PlanFiles();
        var path = files.Path("page.html");
        await SimulateTool.RunAsync([.. SimulateTool.Demo, "--rates", "1,3", "--html", path]);

        var page = await File.ReadAllTextAsync(path);
        var document = XDocument.Parse(page[page.IndexOf("<html", StringComparison.Ordinal)..]);

        // Three over the rates, three at each of two, and the timeline.
        foreach (var style in new[] { "wide", "narrow" })
            Assert.Equal(10, document.Descendants(Pen.Svg + "svg").Count(svg => svg.Parent!.Attribute("class")!.Value == style));
        Assert.DoesNotContain("://", page.Replace(Pen.Svg.NamespaceName, ""));
        Assert.DoesNotContain(document.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "image" or "iframe");
        Assert.DoesNotContain(document.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href" || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.Contains("prefers-color-scheme: dark", page);
        Assert.Contains("width=device-width", page);
        Assert.All(document.Descendants("table"), table => Assert.Equal("scroll", table.Parent!.Attribute("class")!.Value));
    }

    /// <summary>A name stands for the first part of the page that has it: figures would be clipped by others' frames.</summary>
    [Fact]
    public async Task Page_PartsOfFigures_HaveNamesOfTheirOwnAndTheColourOfTheTexts()
    {
        using var files = new PlanFiles();
        var path = files.Path("page.html");
        await SimulateTool.RunAsync([.. SimulateTool.Demo, "--html", path]);

        var page = await File.ReadAllTextAsync(path);
        var document = XDocument.Parse(page[page.IndexOf("<html", StringComparison.Ordinal)..]);

        string[] names = [.. document.Descendants().Attributes("id").Select(attribute => attribute.Value)];
        Assert.Equal(names.Distinct(), names);
        var references = document.Descendants().Attributes().Where(attribute => attribute.Value.StartsWith("url(#", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.Contains(reference.Value[5..^1], names));
        // Every text of a figure can be read on a dark page.
        var texts = document.Descendants(Pen.Svg + "text").ToArray();
        Assert.NotEmpty(texts);
        Assert.All(texts, text => Assert.Equal("currentColor", text.Attribute("fill")?.Value));
    }

    [Fact]
    public async Task Png_Folder_HoldsAPictureOfEveryFigure()
    {
        using var files = new PlanFiles();
        await SimulateTool.RunAsync([.. SimulateTool.Demo, "--png", files.Path("pictures")]);

        string[] names = [.. Directory.GetFiles(files.Path("pictures")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Assert.Equal(["end-to-end-at-1.png", "timeline.png", "ttft-at-1.png", "wait-at-1.png"], names);
        Assert.All(names, name => Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(Path.Combine(files.Path("pictures"), name))[..4]));
    }
}
