using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
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
    public async Task Build_WithAContextOfOneToken_FailsAndNamesTheKey()
    {
        Overwrite(file => file.Metadata.Find("llama.context_length")!.DataOffsetBytes, BitConverter.GetBytes(1));

        var error = await Assert.ThrowsAsync<ModelFileException>(() => BuildAsync());

        Assert.StartsWith($"{_model}: 'llama.context_length' is 1;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_AfterTheModelFileWasDeleted_IsAnsweredAllTheSame()
    {
        await using var app = await BuildAsync();
        File.Delete(_model);
        await ServeAsync(app);

        using var answer = await ChatAsync(app);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await app.StopAsync();
    }

    [Fact]
    public async Task Chat_AfterTheModelFileWasOverwrittenInPlace_Is500AndSaysWhatToDo()
    {
        File.SetLastWriteTimeUtc(_model, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        await using var app = await BuildAsync();
        await ServeAsync(app);

        File.WriteAllBytes(_model, File.ReadAllBytes(ShippedFiles.DemoModel));

        using var answer = await ChatAsync(app);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Null(answer.Headers.RetryAfter);
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal("model_unusable", error.GetProperty("code").GetString());
        Assert.StartsWith("copy.gguf: the file was changed while it was in use", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        await app.StopAsync();
    }

    private static async Task ServeAsync(WebApplication app)
    {
        await app.StartAsync();
        var target = app.Services.GetRequiredService<ServingTarget>();
        await app.Services.GetRequiredService<IGrainFactory>()
            .GetGrain<Grains.Interfaces.Plans.IPlanGrain>(target.Model.Id).ApplyAsync(target.Fleet);
    }

    private static async Task<HttpResponseMessage> ChatAsync(WebApplication app)
    {
        using var http = new HttpClient();
        return await http.PostAsJsonAsync(
            SiloHost.HttpAddress(app) + "/v1/chat/completions",
            new { messages = new[] { new { role = "user", content = "Once" } }, max_tokens = 2 });
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
