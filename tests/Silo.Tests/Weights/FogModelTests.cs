using System.Net.Http.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Tests.Fixtures;
using E2LLM.Silo.Weights;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace E2LLM.Silo.Tests.Weights;

/// <summary>A silo that has no model file, and one that has it.</summary>
public sealed class FogModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("fog", true, "")]
    [InlineData("fog:llama", true, "llama")]
    [InlineData("fog:", false, null)]
    [InlineData("./fog", false, null)]
    [InlineData("fog.gguf", false, null)]
    [InlineData("", false, null)]
    public void Model_Text_IsTheFogsOrAFile(string text, bool isFog, string? id)
    {
        Assert.Equal(isFog, FogModel.Is(text));
        if (isFog)
            Assert.Equal(id, FogModel.IdOf(text));
    }

    [Fact]
    public async Task Gateway_WithoutAModelFile_TokenisesAsTheOneThatHasItAndStartsLaterWithoutIt()
    {
        await using (var whole = await BuildAsync("whole", ShippedFiles.DemoModel))
        {
            // Which of the two starts first is nobody's business.
            var building = BuildAsync("gateway", "fog");
            await whole.StartAsync();
            await using var gateway = await building.WaitAsync(TimeSpan.FromSeconds(120));
            await gateway.StartAsync();

            Assert.Equivalent(whole.Services.GetRequiredService<ServingTarget>().Model, gateway.Services.GetRequiredService<ServingTarget>().Model, strict: true);
            Assert.Equal(await TokensAsync(whole), await TokensAsync(gateway));
            Assert.Equal(await ChatAsync(whole), await ChatAsync(gateway));
            Assert.Single(Directory.GetFiles(Path.Combine(_folder.Path, "gateway", "weights"), "*.piece", SearchOption.AllDirectories));

            await gateway.StopAsync();
            await whole.StopAsync();
        }

        // The whole fog starts anew, and this silo first.
        await using var again = await BuildAsync("gateway", "fog:e2llm-demo-q8_0", "--E2LLM:Weights:AskSeconds=0").WaitAsync(TimeSpan.FromSeconds(120));
        Assert.Equal("e2llm-demo-q8_0", again.Services.GetRequiredService<ServingTarget>().Model.Id);
    }

    [Fact]
    public async Task Build_NobodyToAskAndNothingKnown_WaitsUntilItIsStopped()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BuildAsync("alone", "fog", "--E2LLM:Weights:AskSeconds=0", stop.Token));
    }

    [Fact]
    public async Task Build_FogOfASiloThatJoinsNobody_IsAnError()
    {
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => SiloHost.BuildAsync(
            ["--E2LLM:Silo:HttpPort=0", "--E2LLM:Silo:SiloPort=0", "--E2LLM:Silo:GatewayPort=0", "--E2LLM:Silo:Model=fog", $"--E2LLM:Silo:DataDirectory={_folder.Path}/data"]));

        Assert.StartsWith("E2LLM:Silo:Model is fog, and E2LLM:Clustering:Provider is Localhost", error.Message);
    }

    private static async Task<IEnumerable<int>> ChatAsync(WebApplication app) =>
        (await app.Services.GetRequiredService<ITokenizerProvider>().GetAsync("e2llm-demo-q8_0", CancellationToken.None)).TokenizeChat([new ChatTurn("user", "Why?")]);

    private static async Task<string> TokensAsync(WebApplication app)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync(
            SiloHost.HttpAddress(app) + "/tokenize", new { content = "Why is the sky blue?" });
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    private Task<WebApplication> BuildAsync(string name, string model, string more = "--E2LLM:Weights:AskSeconds=15", CancellationToken cancellationToken = default) => SiloHost.BuildAsync(
        [
            "--E2LLM:Silo:HttpPort=0", "--E2LLM:Silo:SiloPort=0", "--E2LLM:Silo:GatewayPort=0",
            $"--E2LLM:Silo:Name={name}", $"--E2LLM:Silo:Model={model}", $"--E2LLM:Silo:DataDirectory={Path.Combine(_folder.Path, name)}",
            $"--E2LLM:Silo:Fleet={ShippedFiles.DemoFleet}", "--E2LLM:Silo:Devices=none",
            "--E2LLM:Clustering:Provider=Sqlite", $"--E2LLM:Clustering:ConnectionString=Data Source={Path.Combine(_folder.Path, "cluster.db")}",
            "--E2LLM:Storage:Provider=Sqlite", $"--E2LLM:Storage:ConnectionString=Data Source={Path.Combine(_folder.Path, "journal.db")}",
            more,
        ],
        cancellationToken: cancellationToken);
}
