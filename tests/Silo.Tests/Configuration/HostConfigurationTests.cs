using E2LLM.Core.Errors;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Tests.Fixtures;

namespace E2LLM.Silo.Tests.Configuration;

public sealed class HostConfigurationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Build_ErrorsInEverySectionAndInTheFleet_AreReportedTogetherOneALine()
    {
        var fleet = _folder.Write("fleet.json", """{ "devices": [] }""");

        var lines = await FaultsAsync(
            "E2LLM:Silo:HttpPort=70000",
            $"E2LLM:Silo:Fleet={fleet}",
            "E2LLM:Serving:MaxSequences=256",
            "E2LLM:Serving:RoutingPolicy=fastest",
            "E2LLM:Serving:Planner=clever",
            "E2LLM:Requests:MaxReplays=-1",
            "E2LLM:Gateway:DefaultModel=gpt",
            "E2LLM:DataPort:Address=home",
            "E2LLM:DataPort:MaxConnections=0",
            "E2LLM:KvSender:Sockets=9",
            "E2LLM:Retention:RequestDays=0",
            "E2LLM:Engine:GpuLayers=-1",
            "E2LLM:Engine:Runtime=tensorrt");

        Assert.Equal(13, lines.Length);
        Assert.Equal("E2LLM:Silo:HttpPort is 70000; it must be 1 to 65,535, or 0: a free one.", lines[0]);
        Assert.Contains("E2LLM:Serving:MaxSequences is 256; it must be 1 to 255 requests, or 0: the plan's choice for each replica, by its memory.", lines);
        Assert.Contains(
            "E2LLM:Serving:RoutingPolicy is 'fastest'; it must be one of: jsq-requests, jsq-tokens, least-finish, least-wait, round-robin, splitwise-mixed-pool.",
            lines);
        Assert.Contains(lines, line => line.StartsWith("E2LLM:Serving:Planner is 'clever'; it must be one of: colocated, e2llm,", StringComparison.Ordinal));
        Assert.Contains("E2LLM:Requests:MaxReplays is -1; it must be 0 to 100.", lines);
        Assert.Contains("E2LLM:Gateway:DefaultModel is 'gpt'; it must be one of: e2llm-demo-q8_0.", lines);
        Assert.Contains("E2LLM:DataPort:Address is 'home'; it must be an IP address.", lines);
        Assert.Contains("E2LLM:DataPort:MaxConnections is 0; it must be 1 to 65,536.", lines);
        Assert.Contains("E2LLM:KvSender:Sockets is 9; it must be 1 to 8.", lines);
        Assert.Contains("E2LLM:Retention:RequestDays is 0; it must be 0.01 to 36,500.", lines);
        Assert.Contains("E2LLM:Engine:GpuLayers is -1; it must be 0 to 10,000.", lines);
        Assert.Contains(lines, line => line.StartsWith("E2LLM:Engine:Runtime is 'tensorrt'; this build has: llama", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains(fleet, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("E2LLM:Serving:KvCells=abc", "E2LLM:Serving:KvCells is 'abc'; it must be 1 to 16,777,216 cells, or 0: ")]
    [InlineData("E2LLM:Serving:KvCells=99999999999", "E2LLM:Serving:KvCells is '99999999999'; it must be 1 to 16,777,216 cells, or 0: ")]
    [InlineData("E2LLM:Serving:MaxSequences=1.5", "E2LLM:Serving:MaxSequences is '1.5'; it must be 1 to 255 requests, or 0: the plan's choice for each replica, by its memory.")]
    [InlineData("E2LLM:Serving:MaxSequences=", "E2LLM:Serving:MaxSequences is ''; it must be 1 to 255 requests, or 0: the plan's choice for each replica, by its memory.")]
    [InlineData("E2LLM:Serving:ReusePrefixes=perhaps", "E2LLM:Serving:ReusePrefixes is 'perhaps'; it must be true or false.")]
    [InlineData("E2LLM:Serving:Objective=Both", "E2LLM:Serving:Objective is 'Both'; it must be one of: ")]
    [InlineData("E2LLM:Serving:CellReservation=7", "E2LLM:Serving:CellReservation is 7; it must be one of: WholeAnswer, Optimistic.")]
    [InlineData("E2LLM:Serving:StepTimeoutSeconds=NaN", "E2LLM:Serving:StepTimeoutSeconds is NaN; it must be 1 to 3,600.")]
    [InlineData("E2LLM:Storage:Provider=Mongo", "E2LLM:Storage:Provider is 'Mongo'; it must be one of: Sqlite, AzureBlob, Redis, Postgres.")]
    [InlineData("E2LLM:Storage:Provider=AzureBlob", "E2LLM:Storage:ConnectionString is missing; E2LLM:Storage:Provider is AzureBlob, which needs one.")]
    [InlineData("E2LLM:Storage:ConnectionString=AccountName=a", "E2LLM:Storage:ConnectionString is given, and E2LLM:Storage:Provider is Sqlite")]
    [InlineData("E2LLM:Storage:Provider=Redis", "E2LLM:Storage:ConnectionString is missing; E2LLM:Storage:Provider is Redis, which needs one.")]
    [InlineData("E2LLM:Clustering:Provider=Consul", "E2LLM:Clustering:Provider is 'Consul'; it must be one of: Localhost, Sqlite, Redis, Postgres, AzureTable.")]
    [InlineData("E2LLM:Clustering:ConnectionString=redis:6379", "E2LLM:Clustering:ConnectionString is given, and E2LLM:Clustering:Provider is Localhost, which has none")]
    [InlineData("E2LLM:Clustering:ClusterId=a/b", "E2LLM:Clustering:ClusterId is 'a/b'; it must be letters, digits, dots, hyphens and underscores.")]
    [InlineData("E2LLM:Clustering:ProbeSeconds=0", "E2LLM:Clustering:ProbeSeconds is 0; it must be 0.1 to 60.")]
    [InlineData("E2LLM:Storage:ContainerName=My_Journal", "E2LLM:Storage:ContainerName is 'My_Journal'; it must be 3 to 63 lower-case letters, digits and single hyphens")]
    [InlineData("E2LLM:Silo:Name=", "E2LLM:Silo:Name is ''; it must be 1 to 64 characters.")]
    [InlineData("E2LLM:Engine:LibraryPath=/no/such/folder", "E2LLM:Engine:LibraryPath is '/no/such/folder'; there is no such folder.")]
    [InlineData("E2LLM:Silo:Model=/no/such.gguf", "E2LLM:Silo:Model is '/no/such.gguf'; there is no such file.")]
    [InlineData("E2LLM:DataPort:Address=0.0.0.0", "E2LLM:DataPort:Address is 0.0.0.0, which other machines reach, without TLS")]
    [InlineData("E2LLM:Serving:MaxSequence=4", "E2LLM:Serving:MaxSequence is no option; the nearest is E2LLM:Serving:MaxSequences.")]
    [InlineData("E2LLM:Serving:kvcels=4", "E2LLM:Serving:kvcels is no option; the nearest is E2LLM:Serving:KvCells.")]
    [InlineData("E2LLM:Serving:HttpPort=4", "E2LLM:Serving:HttpPort is no option; the nearest is E2LLM:Silo:HttpPort.")]
    [InlineData("E2LLM:Serving:Colour=red", "E2LLM:Serving:Colour is no option; there are: MaxSequences, ")]
    [InlineData("E2LLM:Servin:KvCells=4", "E2LLM:Servin:KvCells is no option: E2LLM:Servin is no section; the nearest is E2LLM:Serving:KvCells.")]
    [InlineData("E2LLM:KvCells=4", "E2LLM:KvCells is no option: E2LLM:KvCells is no section; the nearest is E2LLM:Serving:KvCells.")]
    [InlineData("E2LLM:Colours:Sky=blue", "E2LLM:Colours:Sky is no option: E2LLM:Colours is no section; there are: E2LLM:Tls, E2LLM:Silo, ")]
    [InlineData("E2LLM:Serving:KvCells:Most=4", "E2LLM:Serving:KvCells:Most is no option; E2LLM:Serving:KvCells is a single value.")]
    [InlineData("E2LLM:Serving=4", "E2LLM:Serving is '4'; it is a section, which has no value of its own.")]
    public async Task Build_OneWrongValue_IsTheFirstLine(string argument, string line) =>
        Assert.StartsWith(line, (await FaultsAsync(argument))[0]);

    [Fact]
    public async Task Build_DataPortThatStandsForAnyAddress_NeedsANameToo() =>
        Assert.Equal(2, (await FaultsAsync("E2LLM:DataPort:Address=0.0.0.0")).Length);

    [Fact]
    public async Task Build_ConnectionStringThatIsNone_IsNamedAndNotShown()
    {
        var lines = await FaultsAsync("E2LLM:Storage:Provider=AzureBlob", "E2LLM:Storage:ConnectionString=AccountKey=secret");

        Assert.Equal("E2LLM:Storage:ConnectionString is no connection string of an Azure storage account; it is not shown, because it may hold a key.", Assert.Single(lines));
    }

    [Fact]
    public async Task Build_AzureAccountThatDoesNotAnswer_IsNamedByItsOptions()
    {
        // Port 1 of loopback: nobody listens there.
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => SiloHost.BuildAsync(
        [
            "--E2LLM:Silo:HttpPort=0", "--E2LLM:Silo:SiloPort=0", "--E2LLM:Silo:GatewayPort=0", $"--E2LLM:Silo:DataDirectory={_folder.Path}/data",
            "--E2LLM:Storage:Provider=AzureBlob",
            "--E2LLM:Storage:ConnectionString=AccountName=fog;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/fog",
        ]));

        Assert.Contains("E2LLM:Storage:ConnectionString", error.Message);
        Assert.Contains("'e2llm' (E2LLM:Storage:ContainerName)", error.Message);
        Assert.DoesNotContain("c2VjcmV0", error.ToString());
    }

    private async Task<string[]> FaultsAsync(params string[] arguments)
    {
        // Free ports, so that what runs on this machine adds no line; what is given comes later and wins.
        string[] all =
        [
            "--E2LLM:Silo:HttpPort=0", "--E2LLM:Silo:SiloPort=0", "--E2LLM:Silo:GatewayPort=0", $"--E2LLM:Silo:DataDirectory={_folder.Path}/data",
            .. arguments.Select(argument => "--" + argument),
        ];

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => SiloHost.BuildAsync(all));

        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "data")), "Nothing is made before all options are right.");
        return error.Message.Split(Environment.NewLine);
    }
}
