using E2LLM.Core.Engines;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Replicas;

namespace E2LLM.Scheduling.Tests.Protocols.Replicas;

internal static class TestReplicas
{
    /// <summary>Long enough for nothing to end by it, whatever a life lasts.</summary>
    private const double Never = 1e9;

    public static ReplicaSetup Setup(EngineSettings engine, SchedulerOptions options, int stages) => new()
    {
        Key = "d0/m/1/r0",
        Name = "1/r0",
        Start = 1,
        Scheduler = options,
        StepTimeoutSeconds = Never,
        LeaseSeconds = Never,
        Plan = new ReplicaPlan
        {
            Id = "r0",
            Role = ReplicaRole.Mixed,
            Engine = engine,
            Stages =
            [
                .. Enumerable.Range(0, stages).Select(index => new StagePlan
                {
                    DeviceId = $"d{index}",
                    FirstLayer = index,
                    LayerCount = 1,
                    WeightBytes = 0,
                    KvBytes = 0,
                    DecodeSeconds = 1e-3,
                    PrefillSeconds = 1e-2,
                }),
            ],
        },
    };

    public static StepFailure Failure(long epoch, long step) => new()
    {
        Epoch = epoch,
        StepNumber = step,
        StageIndex = 0,
        DeviceId = "d0",
        Party = FailedParty.Link,
        Message = "the reply was lost",
    };
}
