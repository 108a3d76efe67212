using System.Net;
using System.Net.Http.Json;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace E2LLM.Silo.Tests.Hosting;

/// <summary>A host that starts has tried its model: what cannot be served is said by the start, and not by every answer.</summary>
public sealed class TriedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public TriedModelTests()
    {
        _model = Path.Combine(_folder.Path, "copy.gguf");
        File.Copy(ShippedFiles.DemoModel, _model);
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    [Fact]
    public async Task Build_WithAVocabularyThatLlamaCppRefuses_FailsAndNamesFileAndKey()
    {
        // The bool takes one byte, and so does the number that it is declared as now.
        Overwrite(file => file.Metadata.Find("tokenizer.ggml.add_bos_token")!.DataOffsetBytes - sizeof(uint), [0, 0, 0, 0]);

        var error = await Assert.ThrowsAsync<ModelFileException>(() => BuildAsync());

        Assert.StartsWith(_model, error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.ggml.add_bos_token", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_WithAWeightThatIsNoNumber_FailsAndNamesTheTensor()
    {
        Overwrite(file => file.FindTensor("blk.2.attn_norm.weight")!.OffsetBytes, BitConverter.GetBytes(float.NaN));

        var error = await Assert.ThrowsAsync<ModelFileException>(() => BuildAsync());

        Assert.StartsWith(_model, error.Message, StringComparison.Ordinal);
        Assert.Contains("'blk.2.attn_norm.weight'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_AfterTheModelFileWasDeleted_IsAnsweredAllTheSame()
    {
        await using var app = await BuildAsync();
        File.Delete(_model);
        await app.StartAsync();
        var target = app.Services.GetRequiredService<ServingTarget>();
        await app.Services.GetRequiredService<IGrainFactory>()
            .GetGrain<Grains.Interfaces.Plans.IPlanGrain>(target.Model.Id).ApplyAsync(target.Fleet);
        using var http = new HttpClient();

        var answer = await http.PostAsJsonAsync(
            SiloHost.HttpAddress(app) + "/v1/chat/completions",
            new { messages = new[] { new { role = "user", content = "Once" } }, max_tokens = 2 });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await app.StopAsync();
    }

    private Task<WebApplication> BuildAsync() => SiloHost.BuildAsync([], host =>
        (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory, host.Model) = (0, 0, 0, Path.Combine(_folder.Path, "data"), _model));

    private void Overwrite(Func<GgufFile, long> placeOf, byte[] bytes)
    {
        long place;
        using (var file = GgufFile.Open(_model))
            place = placeOf(file);
        using var stream = new FileStream(_model, FileMode.Open, FileAccess.Write);
        stream.Position = place;
        stream.Write(bytes);
    }
}
