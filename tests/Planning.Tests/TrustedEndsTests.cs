using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Tests;

/// <summary>First and last layers on trusted devices alone, whoever plans.</summary>
public sealed class TrustedEndsTests
{
    public static TheoryData<string> Names { get; } = [.. PlannerRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_RandomFleets_HasEndsOnTrustedDevicesOrNone(string planner)
    {
        var random = new Random(17);
        var planned = 0;
        for (var instance = 0; instance < 30; instance++)
        {
            var request = RandomRequests.Next(random, maxDevices: 6, maxLayers: 6, uniform: instance % 2 == 0);
            request = Trusting(request, _ => random.Next(2) == 0);
            try
            {
                var plan = PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);
                planned++;
                Assert.All(plan.Replicas, replica => Assert.True(IsTrusted(request, replica.Stages[0]) && IsTrusted(request, replica.Stages[^1])));
                Assert.Contains(plan.Reasons, reason => reason.StartsWith("first and last layers are on trusted devices alone", StringComparison.Ordinal));
            }
            catch (PlanningException error)
            {
                Assert.StartsWith("Nothing planned", error.Message);
            }
        }
        Assert.True(planned >= 5, $"only {planned} of 30 were planned");
    }

    [Fact]
    public void Plan_ManyFastDevicesAndTwoTrustedSlowOnes_IsFound()
    {
        // None holds more than four of eight layers, and the trusted ones come last by speed.
        var request = Trusting(Fixtures.Request(Fixtures.Model(), [.. Enumerable.Repeat((500L, 1.0), 20), .. Enumerable.Repeat((500L, 9.0), 2)]), index => index >= 20);

        var plan = PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None);

        var replica = Assert.Single(plan.Replicas);
        Assert.True(IsTrusted(request, replica.Stages[0]) && IsTrusted(request, replica.Stages[^1]));
    }

    [Fact]
    public void Plan_NoTrustedDevice_SaysHowToMarkOne()
    {
        var request = Trusting(Fixtures.Request(Fixtures.Model(), (2000, 1), (2000, 1)), _ => false);

        var error = Assert.Throws<PlanningException>(() => PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None));

        Assert.Contains("\"trusted\": true", error.Message);
    }

    [Fact]
    public void Plan_OneTrustedDeviceThatIsTooSmallAlone_SaysWhatTheEndsNeed()
    {
        var request = Trusting(Fixtures.Request(Fixtures.Model(), (500, 1), (2000, 1), (2000, 1)), index => index == 0);

        var error = Assert.Throws<PlanningException>(() => PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None));

        Assert.Contains("has 'd0': none holds the whole model, and no two of them begin and end a replica", error.Message);
        Assert.Single(PlannerRegistry.Get("e2llm").Plan(Trusting(request, index => index < 2), CancellationToken.None).Replicas);
    }

    [Fact]
    public void Price_PlanWithAnEndOnADeviceThatIsNotTrusted_Refuses()
    {
        var request = Fixtures.Request(Fixtures.Model(), (2000, 1), (2000, 1));
        var plan = PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None);

        var error = Assert.Throws<PlanningException>(() => PlanPricer.Price(new PlanningContext(Trusting(request, _ => false), CancellationToken.None), plan));

        Assert.Contains("not trusted", error.Message);
    }

    private static bool IsTrusted(PlanRequest request, StagePlan stage) => request.Fleet.Find(stage.DeviceId)!.IsTrusted;

    private static PlanRequest Trusting(PlanRequest request, Func<int, bool> isTrusted) => request with
    {
        TrustedEnds = true,
        Fleet = request.Fleet with { Devices = [.. request.Fleet.Devices.Select((device, index) => device with { IsTrusted = isTrusted(index) })] },
    };
}
