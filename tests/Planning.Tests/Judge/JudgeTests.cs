using E2LLM.Core.Errors;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Tests.Judge;

/// <summary>Plans, figures and proofs against a brute force that shares no code with the planners.</summary>
public class JudgeTests
{
    private const double Rounding = 1e-7;

    public static TheoryData<int> Seeds { get; } = [.. Enumerable.Range(1, 6)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Plan_RandomFleets_NoBoundIsBeatenNorExact(int seed) => Judge(seed, (request, _) => request, leastPlanned: 30);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Plan_RandomFleetsOfTwoMachines_NoBoundIsBeatenNorExact(int seed) => Judge(seed, JudgeRequests.OnMachines, leastPlanned: 30);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Plan_RandomFleetsWithTrustedEnds_NoBoundIsBeatenNorExact(int seed) => Judge(seed, JudgeRequests.WithTrust, leastPlanned: 15);

    private static void Judge(int seed, Func<PlanRequest, Random, PlanRequest> change, int leastPlanned)
    {
        var random = new Random(seed);
        var (planned, exact) = (0, 0);
        for (var instance = 0; instance < 60; instance++)
        {
            var request = change(JudgeRequests.Next(random), random);
            var model = new JudgeModel(request);
            var best = new JudgePlans(model);
            if (Plan("e2llm", request, out var reason) is not { } plan)
            {
                Assert.True(best.BestCapacity == 0, $"instance {instance}: {best.BestCapacity} requests/s are possible, {reason}");
                continue;
            }
            planned++;
            AssertTrue(request, model, plan, best, $"instance {instance}, e2llm");
            if (Plan("exact", request, out reason) is not { } optimum)
            {
                Assert.Contains("planner 'exact'", reason);
                continue;
            }
            exact++;
            AssertTrue(request, model, optimum, best, $"instance {instance}, exact");
            Assert.True(
                optimum.Prediction!.CapacityRequestsPerSecond >= best.BestCapacity * (1 - Rounding),
                $"instance {instance}: exact sustains {optimum.Prediction.CapacityRequestsPerSecond}, {Describe(best)} are possible");
        }
        Assert.True(planned >= leastPlanned && exact >= 0.8 * planned, $"{planned} of 60 were planned, {exact} of them exactly");
    }

    private static void AssertTrue(PlanRequest request, JudgeModel model, ServingPlan plan, JudgePlans best, string what)
    {
        var groups = plan.Replicas.Select(replica => Group(request, model, replica)).ToArray();
        foreach (var (replica, group) in plan.Replicas.Zip(groups))
        {
            Assert.True(Fits(model, group.Stages, group.Engine), $"{what}: a stage is over its memory");
            Assert.Contains(group.Engine, model.Engines);
            int[] devices = [.. group.Stages.Select(stage => stage.Device)];
            Assert.True(model.MayHave(devices, group.Role, group.Engine), $"{what}: a {group.Role} has {group.Engine}");
            var lighter = model.Engines.FirstOrDefault(engine => engine.KvCells < group.Engine.KvCells && engine.KvType == group.Engine.KvType
                && model.MaxSequences(engine) >= replica.DecodeConcurrency && Fits(model, group.Stages, engine) && model.MayHave(devices, group.Role, engine));
            // A PREFILL may hold more prompts than it reads: their caches leave when decoders have room.
            Assert.True(lighter is null || group.Role == ReplicaRole.Prefill, $"{what}: {group.Engine} gives no more sequences than {lighter}");
        }
        var capacity = model.Capacity(groups);
        Assert.True(
            Math.Abs(plan.Prediction!.CapacityRequestsPerSecond / capacity - 1) < Rounding,
            $"{what}: {plan.Prediction.CapacityRequestsPerSecond} requests/s are predicted, {capacity} are true");
        var certificate = plan.Certificates.Single(certificate => certificate.Objective == PlanObjective.Capacity);
        Assert.True(
            certificate.Bound >= best.BestCapacity * (1 - Rounding),
            $"{what}: the bound is {certificate.Bound} by {certificate.Method}, {Describe(best)} are possible");
    }

    private static JudgeGroup Group(PlanRequest request, JudgeModel model, ReplicaPlan replica)
    {
        var ids = request.Fleet.Devices.Select(device => device.Id).ToList();
        (int, int)[] stages = [.. replica.Stages.Select(stage => (ids.IndexOf(stage.DeviceId), stage.EndLayer))];
        var sequences = replica.MicroBatches == 0 ? 1 : replica.DecodeConcurrency / replica.MicroBatches;
        return new JudgeGroup(replica.Role, stages, replica.Engine, sequences, model.Seconds(stages, replica.Role, replica.Engine, sequences));
    }

    private static bool Fits(JudgeModel model, (int Device, int EndLayer)[] stages, EngineSettings engine)
    {
        for (int stage = 0, first = 0; stage < stages.Length; first = stages[stage++].EndLayer)
            if (!model.Fits(stages[stage].Device, first, stages[stage].EndLayer, engine))
                return false;
        return true;
    }

    private static ServingPlan? Plan(string planner, PlanRequest request, out string reason)
    {
        try
        {
            reason = "";
            return PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);
        }
        catch (PlanningException error)
        {
            reason = error.Message;
            return null;
        }
    }

    private static string Describe(JudgePlans best) => $"{best.BestCapacity} requests/s ({string.Join("; ", best.Best.Select(group =>
        $"{group.Role} {string.Join(' ', group.Stages.Select(stage => $"d{stage.Device}:{stage.EndLayer}"))} x{group.Sequences} of {group.Engine.KvCells} {group.Engine.KvType} {group.Rate:G4}/s"))})";
}
