using System.Text.Json;
using E2LLM.Client;
using E2LLM.Core.Plans;
using E2LLM.Core.Plans.Documents;
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
    public async Task GetPlan_ServedModel_IsReadByTheTypesThatWroteIt()
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        var plan = (await gateway.Http.GetPlansAsync()).Models.Single(entry => entry.Model == model.Id);

        Assert.Equal(
            model.Status.Plan!.Replicas[0].Stages.Select(stage => (stage.DeviceId, stage.FirstLayer, stage.LayerCount, stage.WeightBytes)),
            plan.Replicas[0].Stages.Select(stage => (stage.Device, stage.FirstLayer, stage.LayerCount, stage.WeightBytes)));
        Assert.Equal((true, "ready", "mixed", 512L), (plan.Ready, plan.Phase, plan.Replicas[0].Role, plan.Replicas[0].Kv.PrefixHitTokens));
        Assert.True(PlanJson.TryParseRole(plan.Replicas[0].Role, out var role));
        Assert.Equal(ReplicaRole.Mixed, role);
        Assert.Equal("too slow", plan.Unused[0].Reason);
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

    private async Task<JsonElement> PlanAsync(FakeModel model)
    {
        using var response = await gateway.Http.GetAsync("/v1/plan");
        var models = (await response.JsonAsync()).GetProperty("models").EnumerateArray();
        return models.Single(entry => entry.GetProperty("model").GetString() == model.Id);
    }
}
