using System.Net;
using E2LLM.Gateway.OpenAi;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;

namespace E2LLM.Gateway.Tests.OpenAi;

[Collection(GatewayCollection.Name)]
public sealed class LongBodiesTests(GatewayFixture gateway)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Run_ManyAtOnce_OneThreadDoesThemAll()
    {
        using var bodies = new LongBodies();

        var threads = await Task.WhenAll(Enumerable.Range(0, 50)
            .Select(_ => Task.Run(() => bodies.RunAsync(() => Environment.CurrentManagedThreadId, CancellationToken.None)))).WaitAsync(Patience);

        Assert.Single(threads.Distinct());
    }

    [Fact]
    public async Task Run_WorkThatFails_FailsItsCallerAloneAndTheNextGoesOn()
    {
        using var bodies = new LongBodies();

        var failed = bodies.RunAsync<int>(() => throw new InvalidDataException(), CancellationToken.None);

        Assert.Equal(1, await bodies.RunAsync(() => 1, CancellationToken.None).WaitAsync(Patience));
        await Assert.ThrowsAsync<InvalidDataException>(() => failed);
    }

    [Fact]
    public async Task Run_CallerHasLeft_IsPassedOver()
    {
        using var bodies = new LongBodies();
        var hasRun = false;

        var left = bodies.RunAsync(() => hasRun = true, new CancellationToken(canceled: true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left.WaitAsync(Patience));
        Assert.False(hasRun);
    }

    [Fact]
    public async Task Chat_LongBodiesOfManySmallValues_AreAnsweredLikeShortOnes()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));
        var numbers = string.Join(',', Enumerable.Repeat("1", 100_000));

        using var served = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, $",\"metadata\":[{numbers}]"));
        using var refused = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, $",\"metadata\":[{numbers},]"));

        var error = await refused.ErrorAsync();
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_json"), (error.Status, error.Code));
    }
}
