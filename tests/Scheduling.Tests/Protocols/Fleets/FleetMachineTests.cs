using E2LLM.Core.Fleets;
using E2LLM.Scheduling.Protocols.Fleets;

namespace E2LLM.Scheduling.Tests.Protocols.Fleets;

public sealed class FleetMachineTests
{
    private static readonly FleetTimes Times = new() { LeaseSeconds = 10, AwaySeconds = 30, SettleSeconds = 2 };

    private readonly FleetMachine _fleet = New();

    [Fact]
    public void Offer_OfTheOnlySilo_IsPlannedWithAtOnceAndAsItsFileSays()
    {
        var offer = Offer("a", 1, "a0", "a1");
        _fleet.Offer(offer, 0);

        Assert.Equal(offer.Fleet, _fleet.TakeChange(["a"], 0));
        Assert.Null(_fleet.TakeChange(["a"], 1));
    }

    [Fact]
    public void Offer_WhileAnotherLiveSiloHasNotSpoken_WaitsForItAWhile()
    {
        _fleet.Offer(Offer("a", 1, "a0"), 0);

        Assert.Null(_fleet.TakeChange(["a", "b"], 0));
        Assert.Null(_fleet.TakeChange(["a", "b"], 1.9));
        Assert.Equal(["a0"], Ids(_fleet.TakeChange(["a", "b"], 2)));

        _fleet.Offer(Offer("b", 1, "b0"), 3);
        Assert.Equal(["a0", "b0"], Ids(_fleet.TakeChange(["a", "b"], 3)));
    }

    [Fact]
    public void Offer_OfFewerSilosThanTheFleetHas_IsNotPlannedWith()
    {
        var fleet = New(Times with { MinimumSilos = 2 });
        fleet.Offer(Offer("a", 1, "a0"), 0);
        Assert.Null(fleet.TakeChange(["a"], 9));

        fleet.Offer(Offer("b", 1), 9);
        Assert.Equal(["a0"], Ids(fleet.TakeChange(["a", "b"], 9)));

        // Once it serves it is no matter how many are left.
        fleet.Offer(Offer("a", 1, "a0", "a1"), 9);
        Assert.Equal(["a0", "a1"], Ids(fleet.TakeChange(["a"], 12)));
    }

    [Fact]
    public void Offer_AfterAPowerCut_WaitsForThoseThatWereThereAsForAMissingSilo()
    {
        var before = New(Times with { MinimumSilos = 2 });
        before.Offer(Offer("a", 1, "a0"), 0);
        before.Offer(Offer("b", 1, "b0"), 0);
        before.TakeChange(["a", "b"], 0);

        var after = new FleetMachine(Times with { MinimumSilos = 2 }, before.Records, ["a"], 0);
        after.Offer(Offer("a", 2, "a0"), 0);

        Assert.Null(after.TakeChange(["a"], 0));
        after.Renew("a", 2, 39);
        Assert.Null(after.TakeChange(["a"], 40));
        Assert.Equal(["a0"], Ids(after.TakeChange(["a"], 41)));
    }

    [Fact]
    public void Silence_LongerThanLeaseAndGrace_LeavesTheDeviceOutAndItsReturnTakesItIn()
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"));

        _fleet.Renew("a", 1, 40);
        Assert.Equal(DeviceState.Missing, State("b0", 40));
        Assert.Null(_fleet.TakeChange(["a"], 40));

        _fleet.Renew("a", 1, 41);
        Assert.Equal(DeviceState.Away, State("b0", 41));
        Assert.Equal(["a0"], Ids(_fleet.TakeChange(["a"], 41)));

        Assert.True(_fleet.Renew("b", 1, 45));
        Assert.Equal(["a0", "b0"], Ids(_fleet.TakeChange(["a", "b"], 45)));
    }

    [Fact]
    public void Restart_WithinTheGrace_ChangesNothing()
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"));
        _fleet.Leave("b", 1, 1);
        Assert.Equal(DeviceState.Missing, State("b0", 1));

        _fleet.Offer(Offer("b", 2, "b0"), 20);

        Assert.Equal(DeviceState.Offered, State("b0", 20));
        Assert.Null(_fleet.TakeChange(["a", "b"], 20));
    }

    [Fact]
    public void Offer_OfAnEarlierProcess_IsRefusedAndItsWordsCountForNothing()
    {
        Serve(Offer("a", 7, "a0"));

        Assert.Null(_fleet.Offer(Offer("a", 6, "a0", "ghost"), 1));
        Assert.False(_fleet.Renew("a", 6, 1));
        _fleet.Leave("a", 6, 1);

        Assert.Equal(DeviceState.Offered, State("a0", 1));
        Assert.Null(_fleet.TakeChange(["a"], 1));
    }

    [Fact]
    public void Offer_OfADeviceThatAnotherSiloHas_IsContestedUntilThatOneIsSilent()
    {
        Serve(Offer("a", 1, "d"), Offer("b", 1, "b0"));

        Assert.Equal("a", _fleet.Offer(Offer("b", 1, "b0", "d"), 1)!["d"]);
        Assert.Equal("a", Host("d", 1));

        Assert.Empty(_fleet.Offer(Offer("b", 1, "b0", "d"), 11)!);
        Assert.Equal("b", Host("d", 11));
        Assert.Null(_fleet.TakeChange(["a", "b"], 11));
        Assert.Equal(["b0", "d"], Ids(_fleet.TakeChange(["a", "b"], 13)));
    }

    [Theory]
    [InlineData(DeviceOrder.Drain)]
    [InlineData(DeviceOrder.Pause)]
    [InlineData(DeviceOrder.Evict)]
    public void Order_Away_LeavesTheDeviceOutUntilItIsResumed(DeviceOrder order)
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"));

        Assert.True(_fleet.Order("b0", order));
        Assert.Equal(["a0"], Ids(_fleet.TakeChange(["a", "b"], 1)));
        Assert.True(_fleet.Renew("b", 1, 2));
        Assert.Null(_fleet.TakeChange(["a", "b"], 2));

        Assert.True(_fleet.Order("b0", DeviceOrder.None));
        Assert.Equal(["a0", "b0"], Ids(_fleet.TakeChange(["a", "b"], 3)));
    }

    [Theory]
    [InlineData(DeviceOrder.Drain, true)]
    [InlineData(DeviceOrder.Evict, true)]
    [InlineData(DeviceOrder.Pause, false)]
    public void Order_AtTheSilosNextStart_IsOverUnlessTheOwnerHasPausedIt(DeviceOrder order, bool serves)
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"));
        _fleet.Order("b0", order);
        _fleet.TakeChange(["a", "b"], 1);

        _fleet.Offer(Offer("b", 2, "b0"), 2);

        Assert.Equal(serves, _fleet.TakeChange(["a", "b"], 2) is not null);
        Assert.Equal(serves ? DeviceState.Offered : DeviceState.Paused, State("b0", 2));
    }

    [Fact]
    public void Order_OfADeviceThatNobodyHosts_IsRefused() => Assert.False(_fleet.Order("nowhere", DeviceOrder.Drain));

    [Fact]
    public void Evict_OfADevice_LetsAnotherSiloHostIt()
    {
        Serve(Offer("a", 1, "d"), Offer("b", 1, "b0"));
        _fleet.Order("d", DeviceOrder.Evict);

        Assert.Empty(_fleet.Offer(Offer("b", 1, "b0", "d"), 1)!);
    }

    [Fact]
    public void Leave_AfterADrain_ForgetsTheDevice()
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"));
        _fleet.Order("b0", DeviceOrder.Drain);

        _fleet.Leave("b", 1, 2);

        Assert.Equal(["a0"], _fleet.Devices(2).Select(known => known.Device.Id));
        Assert.False(_fleet.Renew("b", 1, 3));
    }

    [Fact]
    public void Silence_OfASiloWhoseDeviceWasDrained_ForgetsIt()
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0", "b1"));
        _fleet.Order("b0", DeviceOrder.Drain);

        _fleet.Renew("a", 1, 41);
        _fleet.TakeChange(["a"], 41);

        Assert.Equal(["a0", "b1"], _fleet.Devices(41).Select(known => known.Device.Id));
        Assert.Equal(DeviceState.Away, State("b1", 41));
    }

    [Fact]
    public void Withheld_Device_IsLeftOut()
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"));

        _fleet.Offer(Offer("b", 1, "b0") with { Withheld = ["b0"] }, 1);

        Assert.Equal(["a0"], Ids(_fleet.TakeChange(["a", "b"], 1)));
        Assert.Equal(DeviceState.Withheld, State("b0", 1));
    }

    [Fact]
    public void Records_ReadByTheNext_KeepOrdersAndCountOnLiveSilosOnly()
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"), Offer("c", 1, "c0"));
        _fleet.Order("a0", DeviceOrder.Pause);

        var next = new FleetMachine(Times, _fleet.Records, ["a", "b"], 0);

        Assert.Equal(["b0"], Ids(next.TakeChange(["a", "b"], 0)));
        Assert.Equal([DeviceState.Paused, DeviceState.Offered, DeviceState.Away], next.Devices(0).Select(known => known.State));
    }

    [Fact]
    public void Links_OfSeveralSilos_AreRealBetweenThemAndEmulatedWithin()
    {
        Serve(
            Offer("a", 1, ["a0", "a1"], bytesPerSecond: 1e6, Link("a0", "b0", 5e6)),
            Offer("b", 1, ["b0"], bytesPerSecond: 2e6, Link("a0", "b0", 7e6), Link("b0", "nowhere", 1)));

        var fleet = _fleet.Taken!;

        Assert.Equal((5e6, true), (fleet.Link("a0", "b0").BandwidthBytesPerSecond, fleet.Link("a0", "b0").IsReal));
        Assert.Equal((1e6, false), (fleet.Link("a0", "a1").BandwidthBytesPerSecond, fleet.Link("a0", "a1").IsReal));
        Assert.Equal((1e6, true), (fleet.Link("b0", "a1").BandwidthBytesPerSecond, fleet.Link("b0", "a1").IsReal));
        Assert.DoesNotContain(fleet.Links, link => link.To == "nowhere");
    }

    [Fact]
    public void Links_OfSilosThatEmulateTheNetwork_AreAsTheFileSays()
    {
        Serve(
            Offer("a", 1, ["a0"], 1e6, Link("a0", "b0", 5e6)) with { EmulatesNetwork = true },
            Offer("b", 1, ["b0"], 1e6) with { EmulatesNetwork = true });

        Assert.False(_fleet.Taken!.HasRealDefaultLink);
        Assert.False(_fleet.Taken!.Link("a0", "b0").IsReal);
    }

    [Fact]
    public void Links_ThatWereMeasured_AreTheDefaultAndOnlyUnlikeOnesAreNamed()
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"), Offer("c", 1, "c0"));
        foreach (var from in new[] { "a", "b", "c" })
            foreach (var to in new[] { "a", "b", "c" })
                if (from != to)
                    _fleet.Measured(new SiloLink(from, to, to == "c" ? 4e6 : 100e6, 1e-3));

        Assert.Null(_fleet.TakeChange(["a", "b", "c"], 1));
        var fleet = _fleet.TakeChange(["a", "b", "c"], 3)!;

        Assert.Equal(100e6, fleet.DefaultBandwidthBytesPerSecond);
        Assert.Equal([("a0", "c0"), ("b0", "c0")], fleet.Links.Select(link => (link.From, link.To)).Order());
        Assert.All(fleet.Links, link => Assert.True(link.IsReal));

        // A little more or less is no news.
        _fleet.Measured(new SiloLink("a", "b", 110e6, 1.1e-3));
        Assert.Null(_fleet.TakeChange(["a", "b", "c"], 9));
    }

    [Fact]
    public void NextMeasurement_IsAskedOfEachPairOnce()
    {
        Serve(Offer("a", 1, "a0"), Offer("b", 1, "b0"));
        Assert.Equal("b", _fleet.NextMeasurement("a", 1)!.Silo);

        _fleet.Measured(new SiloLink("a", "b", 1e6, 1e-3));

        Assert.Null(_fleet.NextMeasurement("a", 1));
        Assert.Equal("a", _fleet.NextMeasurement("b", 1)!.Silo);

        // It may stand elsewhere after its next start.
        _fleet.Offer(Offer("b", 2, "b0"), 2);
        Assert.Equal("b", _fleet.NextMeasurement("a", 2)!.Silo);
    }

    [Fact]
    public void NextMeasurement_WhereAFileDeclaresTheNetwork_IsNone()
    {
        Serve(Offer("a", 1, ["a0"], 1e6), Offer("b", 1, "b0"));

        Assert.Null(_fleet.NextMeasurement("a", 1));
    }

    [Fact]
    public void NextMeasurement_InALargeFleet_GoesToAFewNeighbours()
    {
        SiloOffer[] offers = [.. Enumerable.Range(0, 100).Select(index => Offer($"s{index:00}", 1, $"d{index}"))];
        Serve(offers);
        var measured = 0;
        while (_fleet.NextMeasurement("s97", 1) is { } to)
        {
            _fleet.Measured(new SiloLink("s97", to.Silo, 1e6, 1e-3));
            measured++;
        }

        Assert.Equal(8, measured);
    }

    [Fact]
    public void Events_InAnyOrder_NeverPlanWithADeviceThatIsNotOffered()
    {
        for (var seed = 0; seed < 300; seed++)
            Live(new Random(seed));
    }

    private static void Live(Random random)
    {
        string[] names = ["a", "b", "c"];
        var fleet = New();
        var now = 0.0;
        var incarnations = new long[names.Length];
        for (var step = 0; step < 200; step++)
        {
            now += random.NextDouble() * 6;
            var index = random.Next(names.Length);
            var (silo, device) = (names[index], $"d{random.Next(4)}");
            switch (random.Next(8))
            {
                case 0:
                    fleet.Offer(Offer(silo, ++incarnations[index], [.. Enumerable.Range(0, 4).Where(_ => random.Next(2) == 0).Select(id => $"d{id}")]), now);
                    break;
                case 1:
                    fleet.Leave(silo, incarnations[index], now);
                    break;
                case 2:
                    fleet.Order(device, (DeviceOrder)random.Next(4));
                    break;
                case 3:
                    fleet = new FleetMachine(Times, fleet.Records, [.. names.Where(_ => random.Next(3) > 0)], now);
                    break;
                default:
                    fleet.Renew(silo, incarnations[index], now);
                    break;
            }

            if (fleet.TakeChange(names, now) is not { } taken)
                continue;
            var usable = fleet.Devices(now).Where(known => known.State is DeviceState.Offered or DeviceState.Missing).Select(known => known.Device.Id);
            Assert.Equal(usable.Distinct().Order(), taken.Devices.Select(known => known.Id).Order());
        }
    }

    private static FleetMachine New(FleetTimes? times = null) => new(times ?? Times, new FleetRecords(), [], 0);

    private static SiloOffer Offer(string silo, long incarnation, params string[] devices) => Offer(silo, incarnation, devices, double.PositiveInfinity);

    private static SiloOffer Offer(string silo, long incarnation, string[] devices, double bytesPerSecond, params LinkSpec[] links) => new()
    {
        Silo = silo,
        Incarnation = incarnation,
        Fleet = new FleetSpec
        {
            Name = "campus",
            Devices = [.. devices.Select(id => new DeviceSpec { Id = id, MemoryBytes = 1 << 30 })],
            Links = [.. links],
            DefaultBandwidthBytesPerSecond = bytesPerSecond,
        },
    };

    private static LinkSpec Link(string from, string to, double bytesPerSecond) =>
        new() { From = from, To = to, BandwidthBytesPerSecond = bytesPerSecond, LatencySeconds = 0 };

    private static IEnumerable<string> Ids(FleetSpec? fleet) => fleet!.Devices.Select(device => device.Id);

    private void Serve(params SiloOffer[] offers)
    {
        foreach (var offer in offers)
            _fleet.Offer(offer, 0);
        Assert.NotNull(_fleet.TakeChange([.. offers.Select(offer => offer.Silo)], 0));
    }

    private DeviceState State(string deviceId, double nowSeconds) => _fleet.Devices(nowSeconds).Single(known => known.Device.Id == deviceId).State;

    private string Host(string deviceId, double nowSeconds) => _fleet.Devices(nowSeconds).Single(known => known.Device.Id == deviceId).Silo.Silo;
}
