using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Scheduling.Protocols.Plans;
using static E2LLM.Scheduling.Tests.Protocols.Plans.TestPlans;

namespace E2LLM.Scheduling.Tests.Protocols.Plans;

public sealed class TrustRulesTests
{
    [Theory]
    [InlineData("abc", "ac", null)]
    [InlineData("abc", "ab", "c")]
    [InlineData("abc", "bc", "a")]
    [InlineData("a", "a", null)]
    [InlineData("a", "", "a")]
    [InlineData("ax", "a", "x")] // which the fleet does not have
    public void FindUntrusted_EndsOfAReplica_AreForTrustedDevices(string replica, string trusted, string? untrusted) =>
        Assert.Equal(untrusted, TrustRules.FindUntrusted(Plan(replica), Trusting(trusted))?.Device);

    [Fact]
    public void ThrowIfUntrusted_EndOnADeviceThatIsNot_NamesBoth()
    {
        var error = Assert.Throws<PlanningException>(() => TrustRules.ThrowIfUntrusted(Plan("ac", "ab"), Trusting("ac")));

        Assert.Contains("'r1' on device 'b'", error.Message);
    }

    [Theory]
    [InlineData("ac", true, 1)]
    [InlineData("ab", true, 0)]
    [InlineData("ab", false, 1)]
    public void For_RecordsOfAPlanWithEndsOnOthers_ServeNoMoreWhereEndsHaveToBeTrusted(string trusted, bool trustedEnds, int kept)
    {
        var machine = Machine();
        machine.Apply(Trusting(trusted), Plan("ac"));
        machine.Obey();

        var records = machine.Records.For(Model, trustedEnds);

        Assert.Equal((kept == 1, kept == 0), (records.Planned is not null, records.Actual[0].IsRetiring));
    }

    private static FleetSpec Trusting(string trusted) =>
        Fleet("abc") with { Devices = [.. Fleet("abc").Devices.Select(device => device with { IsTrusted = trusted.Contains(device.Id, StringComparison.Ordinal) })] };
}
