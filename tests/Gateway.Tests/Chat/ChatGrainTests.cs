using E2LLM.Client;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.Tests.Fakes;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;

namespace E2LLM.Gateway.Tests.Chat;

public sealed class ChatGrainTests
{
    [Fact]
    public async Task StreamAsync_SeveralSilos_EveryStreamStaysWithTheSiloThatBeganIt()
    {
        const int Count = 50;
        var fleet = new FakeFleet();
        await using var cluster = await DeployAsync(fleet, silos: 3);
        await using var client = new E2LlmClient(cluster.Client);
        var models = Enumerable.Range(0, 3).Select(_ => fleet.Add(Scripts.Echo)).ToArray();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, Count).Select(i => client.AskAsync($"question {i}", models[i % models.Length].Id)));

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"<user>question {i}<assistant>"), answers.Select(answer => answer.Text));
    }

    [Fact]
    public async Task StreamAsync_WhileTheTokenizerIsBeingLoaded_LeavesTheTurnToOthers()
    {
        var fleet = new FakeFleet();
        await using var cluster = await DeployAsync(fleet, silos: 1);
        await using var client = new E2LlmClient(cluster.Client);
        var model = fleet.Add(Scripts.Echo);
        var load = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        model.TokenizerLoad = load.Task;

        var waiting = client.AskAsync("first", model.Id);
        await model.TokenizerWanted;
        var error = await Assert.ThrowsAsync<RequestRejectedException>(
            () => client.AskAsync(new ChatRequest { Id = "second", ModelId = model.Id }).WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Contains("at least one message", error.Message);
        Assert.False(waiting.IsCompleted);
        load.SetResult();
        Assert.Equal("<user>first<assistant>", (await waiting).Text);
    }

    private static async Task<InProcessTestCluster> DeployAsync(FakeFleet fleet, short silos)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) => silo.Services
            .AddSingleton(fleet)
            .AddSingleton<IModelCatalog>(fleet)
            .AddSingleton<ITokenizerProvider>(fleet)
            .AddE2LlmGateway());
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}
