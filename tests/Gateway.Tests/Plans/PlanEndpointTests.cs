using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Gateway.Tests.Plans;

[Collection(GatewayCollection.Name)]
public sealed class PlanEndpointTests(GatewayFixture gateway)
{
    [Fact]
    public async Task GetPlan_ServedModel_ShowsLayersByDevice()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        var plan = await PlanAsync(model);

        Assert.True(plan.GetProperty("ready").GetBoolean());
        Assert.Equal(["d1", "d2"], plan.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("id").GetString()));
        var replica = plan.GetProperty("replicas")[0];
        Assert.Equal(("mixed", 3), (replica.GetProperty("role").GetString(), replica.GetProperty("running_requests").GetInt32()));
        Assert.Equal(512, replica.GetProperty("kv").GetProperty("prefix_hit_tokens").GetInt32());
        var stage = replica.GetProperty("stages")[0];
        Assert.Equal((0, 2, 30), (
            stage.GetProperty("first_layer").GetInt32(),
            stage.GetProperty("layer_count").GetInt32(),
            stage.GetProperty("weight_bytes").GetInt32()));
        Assert.Equal("too slow", plan.GetProperty("unused")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task GetPlan_NothingPlannedYet_SaysSo()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));
        model.Status = new PlanStatus { Phase = PlanPhase.Failed, Error = "12 bytes short" };

        var plan = await PlanAsync(model);

        Assert.Equal(("failed", "12 bytes short"), (plan.GetProperty("phase").GetString(), plan.GetProperty("error").GetString()));
        Assert.Equal(0, plan.GetProperty("replicas").GetArrayLength());
    }

    private async Task<System.Text.Json.JsonElement> PlanAsync(FakeModel model)
    {
        using var response = await gateway.Http.GetAsync("/v1/plan");
        var models = (await response.JsonAsync()).GetProperty("models").EnumerateArray();
        return models.Single(entry => entry.GetProperty("model").GetString() == model.Id);
    }
}
