using E2LLM.Core.Errors;
using E2LLM.Planning.FleetFiles;

namespace E2LLM.Planning.Tests.FleetFiles;

public class FleetFileReaderTests
{
    private const string Two = """{ "id": "a", "memory": "1 GiB" }, { "id": "b", "memoryBytes": 5 }""";

    [Fact]
    public void Parse_UnitsAndBareNumbers_AreTheSameFigures()
    {
        var fleet = FleetFileReader.Parse(
            $$"""
            { "name": "n", "devices": [ {{Two}}, { "id": "c", "memory": "2MB", "threads": 3, "slowdown": 1.5, "description": "x" } ],
              "defaultLink": { "bandwidth": "1 Gbit/s", "latency": "0.3 ms", "loss": "0.5 %" } }
            """, "test");
        Assert.Equal([1L << 30, 5, 2_000_000], fleet.Devices.Select(device => device.MemoryBytes));
        Assert.Equal((3, 1.5, "x"), (fleet.Devices[2].Threads, fleet.Devices[2].SlowdownFactor, fleet.Devices[2].Description));
        Assert.Equal(125e6, fleet.DefaultBandwidthBytesPerSecond);
        Assert.Equal(0.3e-3, fleet.DefaultLatencySeconds, 12);
        Assert.Equal((0.005, 0.005), (fleet.DefaultLossShare, fleet.Link("a", "b").LossShare));
    }

    [Fact]
    public void Parse_ComputeDevice_IsTheEnginesNameOfOne()
    {
        var fleet = FleetFileReader.Parse("""{ "devices": [ { "id": "a", "memoryBytes": 5, "computeDevice": "CUDA0" }, { "id": "b", "memoryBytes": 5 } ] }""", "test");

        Assert.Equal(["CUDA0", ""], fleet.Devices.Select(device => device.ComputeDevice));
    }

    [Fact]
    public void Parse_Trusted_IsWhatTheFileSaysAndElseNot()
    {
        var fleet = FleetFileReader.Parse("""{ "devices": [ { "id": "a", "memoryBytes": 5, "trusted": true }, { "id": "b", "memoryBytes": 5 } ] }""", "test");

        Assert.Equal([true, false], fleet.Devices.Select(device => device.IsTrusted));
    }

    [Fact]
    public void Parse_Link_HoldsInBothDirectionsUnlessOneWay()
    {
        var fleet = FleetFileReader.Parse(
            $$"""
            { "devices": [ {{Two}}, { "id": "c", "memoryBytes": 5 } ],
              "links": [ { "from": "a", "to": "b", "bandwidth": "8 bit/s" }, { "from": "a", "to": "c", "latency": "2 s", "oneWay": true } ] }
            """, "test");
        Assert.Equal(1, fleet.Link("a", "b").BandwidthBytesPerSecond);
        Assert.Equal(1, fleet.Link("b", "a").BandwidthBytesPerSecond);
        Assert.Equal(2, fleet.Link("a", "c").LatencySeconds);
        Assert.Equal(0, fleet.Link("c", "a").LatencySeconds);
    }

    [Fact]
    public void Parse_StarLinks_YieldToNamedPairsAndTheSlowerWins()
    {
        var fleet = FleetFileReader.Parse(
            $$"""
            { "devices": [ {{Two}}, { "id": "c", "memoryBytes": 5 } ],
              "links": [ { "from": "a", "to": "*", "bandwidthBytesPerSecond": 10 }, { "from": "b", "to": "*", "bandwidthBytesPerSecond": 7, "latencySeconds": 1 },
                         { "from": "c", "to": "a", "bandwidthBytesPerSecond": 99 } ] }
            """, "test");
        Assert.Equal(7, fleet.Link("a", "b").BandwidthBytesPerSecond);
        Assert.Equal(1, fleet.Link("b", "a").LatencySeconds);
        Assert.Equal(99, fleet.Link("a", "c").BandwidthBytesPerSecond);
        Assert.Equal(7, fleet.Link("c", "b").BandwidthBytesPerSecond);
    }

    [Theory]
    [InlineData("""[]""", "the file")]
    [InlineData("""{ }""", "devices is missing")]
    [InlineData("""{ "devices": [] }""", "devices is 0")]
    [InlineData("""{ "devices": [ { "memory": "1 GiB" } ] }""", "devices[0].id is missing")]
    [InlineData("""{ "devices": [ { "id": "a b", "memory": "1 GiB" } ] }""", "devices[0].id is \"a b\"")]
    [InlineData("""{ "devices": [ { "id": "a" } ] }""", "devices[0].memory (or memoryBytes) is missing")]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "1 parsec" } ] }""", "devices[0].memory is \"1 parsec\"")]
    [InlineData("""{ "devices": [ { "id": "a", "memory": "1 GiB", "memoryBytes": 4 } ] }""", "both given")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 0 } ] }""", "devices[0].memoryBytes is 0")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": -4 } ] }""", "devices[0].memoryBytes is -4")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4, "threads": 0 } ] }""", "devices[0].threads is 0")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4, "slowdown": 1e99 } ] }""", "devices[0].slowdown is 1e99")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4, "threds": 1 } ] }""", "devices[0].threds is not known here")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4 }, { "id": "a", "memoryBytes": 4 } ] }""", "devices[1].id is 'a'")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4 } ], "links": [ { "from": "a", "to": "z" } ] }""", "links[0].to is \"z\"")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4 } ], "links": [ { "from": "a", "to": "a" } ] }""", "links[0].to is 'a'")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4 } ], "defaultLink": { "latency": "-1 s" } }""", "defaultLink.latency is \"-1 s\"")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4 } ], "defaultLink": { "loss": "60 %" } }""", "defaultLink.loss is \"60 %\"")]
    [InlineData("""{ "devices": [ { "id": "a", "memoryBytes": 4 } ], "defaultLink": { "speed": 3 } }""", "defaultLink.speed is not known here")]
    [InlineData("""{ "devices": 3 }""", "devices is 3")]
    [InlineData("""{ "name": "x", "name": "y" }""", "no valid JSON")]
    [InlineData("""{ "devices": [ """, "no valid JSON")]
    public void Parse_Faulty_NamesTheKeyAndItsValue(string json, string message)
    {
        var error = Assert.Throws<ConfigurationException>(() => FleetFileReader.Parse(json, "test"));
        Assert.Contains(message, error.Message);
        Assert.Contains("'test'", error.Message);
    }

    [Fact]
    public void Parse_ContradictoryLinks_AreAnError()
    {
        var error = Assert.Throws<ConfigurationException>(() => FleetFileReader.Parse(
            $$"""{ "devices": [ {{Two}} ], "links": [ { "from": "a", "to": "b" }, { "from": "b", "to": "a", "latency": "1 s" } ] }""", "test"));
        Assert.Contains("links[1].to is 'a'", error.Message);
        Assert.Contains("contradict", error.Message);
    }

    [Fact]
    public void Parse_SeveralFaults_ReportsAllAtOnce()
    {
        var error = Assert.Throws<ConfigurationException>(() => FleetFileReader.Parse("""{ "devices": [ { "id": "", "memoryBytes": 0, "threads": 0.5 } ], "extra": 1 }""", "test"));
        Assert.All(["devices[0].id", "devices[0].memoryBytes", "devices[0].threads", "extra"], key => Assert.Contains(key, error.Message));
    }

    [Fact]
    public void Read_MissingFile_NamesIt() =>
        Assert.Contains("nowhere.json", Assert.Throws<ConfigurationException>(() => FleetFileReader.Read("nowhere.json")).Message);

    [Theory]
    [InlineData("demo.json", 4)]
    [InlineData("pi-and-jetson.json", 7)]
    [InlineData("campus.json", 12)]
    public void Read_ExampleFleets_AreValid(string file, int devices)
    {
        var fleet = FleetFileReader.Read(Path.Combine(RepositoryRoot(), "fleets", file));
        Assert.Equal(devices, fleet.Devices.Length);
    }

    internal static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "E2LLM.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests must run inside the repository.");
    }
}
