using System.Globalization;
using System.Xml.Linq;
using E2LLM.Cli.Planning.Picture;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;

namespace E2LLM.Cli.Tests.Planning;

public sealed class FleetPictureTests
{
    [Theory]
    [InlineData("paper-testbed", "llama-3-70b-q4", "e2llm")]
    [InlineData("pi-and-jetson", "gpt-oss-20b", "splitwise")]
    [InlineData("unlike-16", "llama-3-70b-q4", "single-pipeline")]
    [InlineData("unlike-16", "gpt-oss-20b", "memory-proportional")]
    public void Picture_Fleet_HasOneElementADeviceInFramesThatDoNotOverlap(string fleet, string model, string planner) =>
        Check(Request(fleet, model), planner);

    [Theory]
    [InlineData("types-1000", 6)]
    [InlineData("campus-64", 1)]
    [InlineData("campus-64", 2)]
    public void Picture_LargeFleet_HasOneElementADeviceInFramesThatDoNotOverlap(string fleet, int devicesPerReplica)
    {
        var request = Request(fleet, "gpt-oss-20b");
        var (plan, explanation) = Hand(request, devicesPerReplica);

        Check(request, plan, explanation);
    }

    [Fact]
    public async Task Picture_FromTheCommand_IsWellFormed()
    {
        using var files = new PlanFiles();
        var path = files.Path("plan.svg");
        await PlanTool.RunAsync([.. PlanTool.Testbed, "--svg", path]);

        Assert.Equal(7, Devices(XDocument.Load(path).Root!).Length);
    }

    private static void Check(PlanRequest request, string planner)
    {
        var outcome = PlanRequests.Plan(request, planner);
        Check(request, outcome.Plan!, outcome.Explanation!);
    }

    private static void Check(PlanRequest request, ServingPlan plan, PlanExplanation explanation)
    {
        foreach (var width in new[] { FleetPicture.PageWidth, FleetPicture.NarrowWidth })
            Check(request, plan, explanation, width);
    }

    private static void Check(PlanRequest request, ServingPlan plan, PlanExplanation explanation, double asked)
    {
        // What is written is what is read: the text must be well-formed XML.
        var picture = XDocument.Parse(FleetPicture.Draw(request, plan, explanation, asked).ToString()).Root!;
        Assert.Equal(asked, Number(picture, "width"));

        Assert.Equal(request.Fleet.Devices.Select(device => device.Id).Order(), Devices(picture).Order());
        var (width, height) = (Number(picture, "width"), Number(picture, "height"));
        var frames = Boxes(picture, "group");
        Assert.Equal(plan.Replicas.Length + plan.Unused.Select(unused => unused.Reason).Distinct().Count(), frames.Count);
        AssertApart(frames);
        var devices = Boxes(picture, "box").Where(box => !box.InLegend).ToList();
        AssertApart(devices);
        AssertHeadersApart(picture);
        Assert.All(frames.Concat(devices), box => Assert.True(box.X >= 0 && box.Y >= 0 && box.X + box.Width <= width && box.Y + box.Height <= height));
        Assert.All(devices, device => Assert.Contains(frames, frame =>
            frame.X <= device.X && frame.Y <= device.Y && frame.X + frame.Width >= device.X + device.Width && frame.Y + frame.Height >= device.Y + device.Height));
    }

    /// <summary>A replica's name ends before its rate begins, and both stand in their frame.</summary>
    private static void AssertHeadersApart(XElement picture)
    {
        foreach (var replica in picture.Descendants(Pen.Svg + "g").Where(group => group.Attribute("class")?.Value.StartsWith("replica ", StringComparison.Ordinal) == true))
        {
            var frame = replica.Elements(Pen.Svg + "rect").First();
            XElement[] texts = [.. replica.Elements(Pen.Svg + "text").Take(2)];
            var size = texts[0].Attribute("class")!.Value.StartsWith("label", StringComparison.Ordinal) ? PictureStyle.FigureSize : PictureStyle.HeaderSize;
            var nameEnd = Number(texts[0], "x") + Pen.Width(texts[0].Value, size, isFixed: false);
            var rateStart = Number(texts[1], "x") - Pen.Width(texts[1].Value, PictureStyle.FigureSize);
            Assert.True(rateStart - nameEnd >= 8, $"'{texts[0].Value}' ends at {nameEnd}, '{texts[1].Value}' starts at {rateStart}");
            Assert.True(Number(texts[1], "x") < Number(frame, "x") + Number(frame, "width"));
            Assert.DoesNotContain("…", texts[0].Value);
        }
    }

    private static void AssertApart(List<Box> boxes)
    {
        for (var left = 0; left < boxes.Count; left++)
            for (var right = left + 1; right < boxes.Count; right++)
                if (boxes[left].Overlaps(boxes[right]))
                    Assert.Fail($"{boxes[left]} overlaps {boxes[right]}");
    }

    /// <summary>A plan by hand: replicas of so many devices with the layers spread evenly, so that no search is needed. Some devices are left out.</summary>
    private static (ServingPlan Plan, PlanExplanation Explanation) Hand(PlanRequest request, int devicesPerReplica)
    {
        var layers = request.Model.LayerCount / devicesPerReplica;
        var groups = request.Fleet.Devices.Chunk(devicesPerReplica).ToList();
        var plan = new ServingPlan
        {
            ModelId = request.Model.Id,
            Planner = "hand",
            Replicas =
            [
                .. groups.Where(group => group.Length == devicesPerReplica).Select((group, number) => new ReplicaPlan
                {
                    Id = $"r{number}",
                    Role = (ReplicaRole)(number % 3),
                    Engine = request.Engine,
                    RequestsPerSecond = 1234.5 * number,
                    Stages =
                    [
                        .. group.Select((device, index) => new StagePlan
                        {
                            DeviceId = device.Id,
                            FirstLayer = index * layers,
                            LayerCount = layers,
                            WeightBytes = 1L << 30,
                            KvBytes = 1L << 20,
                        }),
                    ],
                }),
            ],
            Unused = [.. groups.Where(group => group.Length < devicesPerReplica).SelectMany(group => group).Select(device => new UnusedDevice(device.Id, "left over"))],
        };
        return (plan, PlanExplainer.Explain(request, plan));
    }

    private static PlanRequest Request(string fleet, string model) => PresetRequests.Create(
        FleetPresets.Get(fleet), ModelShapes.Get(model), WorkloadPresets.Get("extended"), PlanObjective.Capacity);

    private static string[] Devices(XElement picture) =>
        [.. picture.Descendants().Select(element => element.Attribute("data-device")?.Value).OfType<string>()];

    private static List<Box> Boxes(XElement picture, string style) =>
    [
        .. picture.Descendants(Pen.Svg + "rect").Where(rect => rect.Attribute("class")!.Value == style).Select(rect => new Box(
            Number(rect, "x"), Number(rect, "y"), Number(rect, "width"), Number(rect, "height"),
            rect.Ancestors().Any(ancestor => ancestor.Attribute("class")?.Value == "legend"))),
    ];

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private sealed record Box(double X, double Y, double Width, double Height, bool InLegend)
    {
        public bool Overlaps(Box other) =>
            X < other.X + other.Width && other.X < X + Width && Y < other.Y + other.Height && other.Y < Y + Height;
    }
}
