using System.Net;
using E2LLM.Core.Plans;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Gateway.Tests.Health;

public sealed class HealthTests
{
    [Fact]
    public async Task Health_FollowsThePlans()
    {
        await using var host = await GatewayHost.StartAsync();
        var served = host.Fleet.Add(Scripts.Says("x"), id: "served");
        var other = host.Fleet.Add(Scripts.Says("x"), id: "other");
        other.Status = new PlanStatus { Phase = PlanPhase.Loading, Error = "Device d2 is away." };

        using var waiting = await host.Http.GetAsync("/health");
        using var alive = await host.Http.GetAsync("/alive");
        using var refused = await host.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(other.Id));
        using var answered = await host.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(served.Id));
        other.Status = FakeModel.Ready(other.Id, 100);
        using var ready = await host.Http.GetAsync("/health");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, waiting.StatusCode);
        var models = (await waiting.JsonAsync()).GetProperty("models");
        Assert.Equal(("loading", "ready"), (models.GetProperty("other").GetString(), models.GetProperty("served").GetString()));
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        var error = await refused.ErrorAsync();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "model_not_ready"), (error.Status, error.Code));
        Assert.EndsWith("phase Loading: Device d2 is away.", error.Message);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal("ok", (await ready.JsonAsync()).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Health_AllReplicasOutOfService_IsUnavailableAndSaysWhy()
    {
        await using var host = await GatewayHost.StartAsync();
        var model = host.Fleet.Add(Scripts.Says("x"));
        model.Status = model.Status with
        {
            Replicas = [.. model.Status.Replicas.Select(replica => replica with { State = ReplicaState.OutOfService, LastFailure = "device d1 does not answer." })],
        };

        using var health = await host.Http.GetAsync("/health");
        using var refused = await host.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        var error = await refused.ErrorAsync();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "model_not_ready"), (error.Status, error.Code));
        Assert.EndsWith("started anew: device d1 does not answer.", error.Message);
    }

    [Fact]
    public async Task Chat_WhileOnePlanMakesRoomForAnother_IsTaken()
    {
        await using var host = await GatewayHost.StartAsync();
        var model = host.Fleet.Add(Scripts.Says("x"));
        model.Status = model.Status with
        {
            Phase = PlanPhase.Loading,
            Replicas = [.. model.Status.Replicas.Select(replica => replica with { State = ReplicaState.Loading, LastFailure = "its stages are being loaded." })],
            IsChangingOver = true,
        };

        using var health = await host.Http.GetAsync("/health");
        using var taken = await host.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));

        // Whoever balances load had better send it elsewhere; what comes nevertheless only waits.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Theory]
    [InlineData(PlanPhase.Failed)]
    [InlineData(PlanPhase.Loading)]
    public async Task Chat_WithAModelThatIsAtFault_IsToldNotToTryAgain(PlanPhase phase)
    {
        await using var host = await GatewayHost.StartAsync();
        var model = host.Fleet.Add(Scripts.Says("x"));
        model.Status = new PlanStatus { Phase = phase, Error = "Replica r0 does not serve.", ModelFault = "/srv/m/bad.gguf: layers 3-7 give NaN" };

        using var refused = await host.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));
        using var health = await host.Http.GetAsync("/health");

        var error = await refused.ErrorAsync();
        Assert.Equal((HttpStatusCode.InternalServerError, "model_unusable"), (error.Status, error.Code));
        Assert.Equal("bad.gguf: layers 3-7 give NaN", error.Message);
        Assert.Null(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
    }

    [Fact]
    public async Task Chat_WithAFaultOfTheModelThatOneReplicaDoesNotHave_IsAnswered()
    {
        await using var host = await GatewayHost.StartAsync();
        var model = host.Fleet.Add(Scripts.Says("x"));
        model.Status = model.Status with { ModelFault = "bad.gguf: layers 3-7 give NaN" };

        using var answered = await host.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));

        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
    }
}
