using E2LLM.Core.Plans;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Churn;

/// <summary>A replica from its start until it is stopped, or gone with one of its devices.</summary>
/// <param name="actual">As the plan started it.</param>
/// <param name="serving">Its scheduler and stages.</param>
internal sealed class LiveReplica(ActualReplica actual, SimulatedReplica serving)
{
    public string Key => actual.Key;

    public long Start => actual.Start;

    public ReplicaPlan Plan => actual.Plan;

    public SimulatedReplica Serving => serving;

    /// <summary>The device that speaks for it: with it goes its voice.</summary>
    public string Head => actual.Plan.Stages[0].DeviceId;

    public bool IsLoading { get; set; } = true;

    public bool IsDraining { get; set; }

    /// <summary>Whether its end came by order, which everybody hears of at once.</summary>
    public bool IsStopped { get; private set; }

    public bool IsGone => serving.IsGone;

    public double GoneSeconds { get; private set; }

    /// <summary>Whether it runs, takes requests, and says how it is.</summary>
    public bool IsUp => !IsGone && !IsLoading;

    /// <summary>Numbers what it says of itself.</summary>
    public long Reports { get; set; }

    /// <summary>What it has been given and not ended, oldest first.</summary>
    public List<FogAttempt> Attempts { get; } = [];

    public bool Uses(string deviceId) => actual.Plan.Stages.Any(stage => stage.DeviceId == deviceId);

    public void Go(double nowSeconds, bool byOrder)
    {
        serving.IsGone = true;
        (GoneSeconds, IsStopped) = (nowSeconds, byOrder);
    }
}
