using E2LLM.Grains.Plans;
using Orleans.Placement;

namespace E2LLM.Cluster.Tests.Placement;

public sealed class ImmovableGrainsTests
{
    public static TheoryData<string> Grains => [.. typeof(PlanGrain).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Grain)) && !type.IsAbstract).Select(type => type.FullName!)];

    /// <summary>
    /// What a grain holds here is its device's, its connection's or the store's: nothing of it can move. One that may move is tried to be moved by a silo that
    /// stops while a call waits for it, which fails and is logged as an error where no other silo can have it; a fixed one just passes its calls on.
    /// </summary>
    [Theory]
    [MemberData(nameof(Grains))]
    public void Grain_StaysWhereItWasPlaced(string grain) =>
        Assert.NotEmpty(typeof(PlanGrain).Assembly.GetType(grain)!.GetCustomAttributes(typeof(ImmovableAttribute), inherit: true));
}
