using E2LLM.Client;
using E2LLM.Core.Models;
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
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) => silo.Services
            .AddSingleton(fleet)
            .AddSingleton<IModelCatalog>(fleet)
            .AddSingleton<ITokenizerProvider>(fleet)
            .AddE2LlmGateway());
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        await using var client = new E2LlmClient(cluster.Client);
        var models = Enumerable.Range(0, 3).Select(_ => fleet.Add(Scripts.Echo)).ToArray();

        var answers = await Task.WhenAll(
            Enumerable.Range(0, Count).Select(i => client.AskAsync($"question {i}", models[i % models.Length].Id)));

        Assert.Equal(Enumerable.Range(0, Count).Select(i => $"<user>question {i}<assistant>"), answers.Select(answer => answer.Text));
    }
}
