using E2LLM.Core.Plans;
using E2LLM.Planning.Stability;

namespace E2LLM.Planning.Tests.Stability;

/// <summary>Devices are named by a letter each; capital ones are twice as fast as the others.</summary>
public sealed class PlanAlignmentTests
{
    [Fact]
    public void Align_AlikeDevicesInAnotherOrder_KeepsTheReplicasThatRun()
    {
        var aligned = Align("abcd", running: ["bd"], wanted: ["ab", "cd"]);

        Assert.Equal(["bd", "ca"], aligned);
    }

    [Fact]
    public void Align_OfThePlanThatRuns_ChangesNothing() => Assert.Equal(["ab", "cd"], Align("abcd", running: ["cd", "ab"], wanted: ["ab", "cd"]));

    [Fact]
    public void Align_UnlikeDevices_StayWhereThePlanHasThem() => Assert.Equal(["aB", "Cd"], Align("aBCd", running: ["Cd", "Ba"], wanted: ["aB", "Cd"]));

    [Fact]
    public void Align_ReplicaWithADeviceThatIsGone_KeepsTheLayersOfTheOthers()
    {
        // "x" has left. Who has the second half keeps it, and so does who has the first.
        Assert.Equal(["ab"], Align("abc", running: ["xb"], wanted: ["ab"]));
        Assert.Equal(["ba"], Align("abc", running: ["bx"], wanted: ["ab"]));
    }

    [Fact]
    public void Align_ReplicaOfAnotherRole_IsAnotherReplicaButItsLayersAreThere()
    {
        var request = Request("abcd");
        var running = Plan("cd", "ab");
        var wanted = Plan("ab", "cd");
        wanted = wanted with { Replicas = [.. wanted.Replicas.Select(replica => replica with { Role = ReplicaRole.Decoder })] };

        var aligned = PlanAlignment.Align(request, wanted, running.Replicas);

        Assert.All(aligned.Replicas, replica => Assert.Equal(ReplicaRole.Decoder, replica.Role));
        Assert.Equal("ac", string.Concat(aligned.Replicas.Select(replica => replica.Stages[0].DeviceId).Order()));
    }

    [Fact]
    public void Align_DevicesThatAreLeftOut_AreThoseThatNobodyNeedsNow()
    {
        var plan = Plan("ab") with { Unused = [new UnusedDevice("c", "no gain"), new UnusedDevice("d", "no gain")] };

        var aligned = PlanAlignment.Align(Request("abcd"), plan, Plan("dc").Replicas);

        Assert.Equal(["d", "c"], aligned.Replicas[0].Stages.Select(stage => stage.DeviceId));
        Assert.Equal([("a", "no gain"), ("b", "no gain")], aligned.Unused.Select(unused => (unused.DeviceId, unused.Reason)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Align_RandomPlans_KeepsAsManyReplicasAsAnyExchangeOfAlikeDevices(int seed)
    {
        var random = new Random(seed);
        for (var instance = 0; instance < 200; instance++)
        {
            var fleet = string.Concat("abcdef".Select(device => random.Next(2) == 0 ? device : char.ToUpperInvariant(device)));
            string[] wanted = Deal(random, fleet), running = Deal(random, fleet);

            var aligned = Align(fleet, running, wanted);

            Assert.Equal(wanted.Select(Kinds), aligned.Select(Kinds));
            Assert.Equal(aligned.Sum(replica => replica.Length), string.Concat(aligned).Distinct().Count());
            Assert.Equal(Exchanges(fleet).Max(exchange => Kept(wanted.Select(replica => Exchanged(replica, exchange)))), Kept(aligned));

            int Kept(IEnumerable<string> replicas) => replicas.Intersect(running).Count();
        }

        string Exchanged(string replica, Dictionary<char, char> exchange) => string.Concat(replica.Select(device => exchange[device]));
    }

    private static string Kinds(string replica) => string.Concat(replica.Select(device => char.IsUpper(device) ? 'X' : 'x'));

    private static string[] Deal(Random random, string fleet)
    {
        var devices = fleet.ToCharArray();
        random.Shuffle(devices);
        return [.. devices.Chunk(2).Take(random.Next(1, 4)).Select(pair => new string(pair))];
    }

    /// <summary>All ways to exchange devices of one kind.</summary>
    private static IEnumerable<Dictionary<char, char>> Exchanges(string fleet)
    {
        return Orders([.. fleet]).Where(order => fleet.Zip(order).All(pair => char.IsUpper(pair.First) == char.IsUpper(pair.Second)))
            .Select(order => fleet.Zip(order).ToDictionary(pair => pair.First, pair => pair.Second));

        static IEnumerable<List<char>> Orders(List<char> left) => left.Count == 0
            ? [[]]
            : left.SelectMany(first => Orders([.. left.Where(device => device != first)]).Select(rest => (List<char>)[first, .. rest]));
    }

    private static string[] Align(string fleet, string[] running, string[] wanted) =>
        [.. PlanAlignment.Align(Request(fleet), Plan(wanted), Plan(running).Replicas).Replicas.Select(replica => string.Concat(replica.Stages.Select(stage => stage.DeviceId)))];

    private static PlanRequest Request(string fleet)
    {
        var request = Fixtures.Request(Fixtures.Model(), [.. fleet.Select(device => (1000L, char.IsUpper(device) ? 0.5 : 1.0))]);
        return request with
        {
            Fleet = request.Fleet with { Devices = [.. fleet.Zip(request.Fleet.Devices, (id, device) => device with { Id = $"{id}" })] },
            Profiles = [.. fleet.Zip(request.Profiles, (id, profile) => profile with { DeviceId = $"{id}" })],
        };
    }

    private static ServingPlan Plan(params string[] replicas) => new()
    {
        ModelId = "tiny",
        Planner = "test",
        Replicas =
        [
            .. replicas.Select((devices, index) => new ReplicaPlan
            {
                Id = $"r{index}",
                Role = ReplicaRole.Mixed,
                Engine = Fixtures.Engine(),
                Stages =
                [
                    .. devices.Select((device, stage) => new StagePlan
                    {
                        DeviceId = $"{device}",
                        FirstLayer = 8 / devices.Length * stage,
                        LayerCount = 8 / devices.Length,
                        WeightBytes = 0,
                        KvBytes = 0,
                    }),
                ],
            }),
        ],
    };
}
