using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.HandOff;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Plans;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Protocols.Replicas;

namespace E2LLM.Grains.Replicas;

/// <summary>The stages of one start of a replica: what the replica calls, and with what.</summary>
internal sealed class ReplicaStages
{
    private readonly ReplicaAssignment _assignment;
    private readonly ServingOptions _options;
    private readonly string _replicaKey;
    private readonly string[] _keys;
    private readonly IStageGrain[] _stages;
    private readonly Task<StageProgress>?[] _renewals;

    public ReplicaStages(ReplicaAssignment assignment, string replicaKey, ServingOptions options, IGrainFactory grains)
    {
        (_assignment, _replicaKey, _options) = (assignment, replicaKey, options);
        _keys = [.. assignment.Plan.Stages.Select((stage, index) =>
            DeviceKey.Stage(stage.DeviceId, assignment.Model.Id, assignment.Generation, assignment.Plan.Id, index))];
        _stages = [.. _keys.Select(key => grains.GetGrain<IStageGrain>(key))];
        _renewals = new Task<StageProgress>?[_stages.Length];
    }

    public int Count => _stages.Length;

    private ReplicaPlan Plan => _assignment.Plan;

    public Task LoadAsync(long epoch) => Task.WhenAll(_stages.Select((stage, index) => stage.LoadAsync(Assignment(epoch, index))));

    /// <param name="epoch">What was loaded after it stays.</param>
    /// <param name="onFailed">A stage's device is gone, and the slice with it; or it does not hear, and its lease ends.</param>
    public Task UnloadAsync(long epoch, Action<Exception, string> onFailed) =>
        Task.WhenAll(_stages.Select((stage, index) => TryAsync(stage.UnloadAsync(epoch), index, onFailed)));

    public Task EnqueueAsync(SendStep step) => _stages[0].EnqueueAsync(new StageMessage { Epoch = step.Epoch, Step = step.Step.ToStageStep() });

    public Task ResetAsync(ResetStages reset) => Task.WhenAll(_stages.Select(stage => stage.ResetAsync(reset.Epoch, reset.NextStep)));

    /// <summary>Renews the stages' leases, each by itself: one that does not answer is not asked again meanwhile, and keeps nobody waiting.</summary>
    /// <returns>How far the stages are, once all have answered; null where one was still to answer the time before.</returns>
    public async Task<ImmutableArray<StageProgress>?> RenewAsync(StageRenewal renewal)
    {
        var asksAll = true;
        for (var index = 0; index < _stages.Length; index++)
            if (_renewals[index] is null or { IsCompleted: true })
                _renewals[index] = _stages[index].RenewAsync(renewal);
            else
                asksAll = false;
        var renewals = _renewals.OfType<Task<StageProgress>>().ToArray();
        var progress = await Task.WhenAll(renewals);
        return asksAll ? [.. progress] : null;
    }

    public async Task<ImmutableArray<ImmutableArray<KvTarget>>> ExpectAsync(ExpectKv expected) =>
        [.. await Task.WhenAll(_stages.Select(stage => stage.ExpectKvAsync(new KvExpectation
        {
            Sources = expected.Part.Awaited!.Sources,
            Positions = expected.Part.ReadTokens,
            MaxRowBytes = KvRules.MaxRowBytes(_assignment.Model, Plan.Engine),
            LeaseSeconds = _options.KvLeaseSeconds,
            Slot = ToWire(expected.Slot),
        })))];

    public Task ImportAsync(TakeInKv cache) => Task.WhenAll(_stages.Select(stage => stage.ImportKvAsync(new KvImport
    {
        Slot = ToWire(cache.Slot),
        Positions = cache.Positions,
        Open = cache.Open,
    })));

    /// <summary>Has the stages connect to the receivers of a sending that is to come. A stage that does not hear connects with its first export.</summary>
    public Task OpenSendingAsync(long sendingId, ImmutableArray<KvTarget> targets, Action<Exception, string> onFailed) =>
        Task.WhenAll(_stages.Select((stage, index) => TryAsync(stage.OpenKvSendingAsync(sendingId, TargetsOf(Plan.Stages[index], targets)), index, onFailed)));

    public Task<KvSendReport[]> ExportAsync(long sendingId, CacheChunk chunk, ImmutableArray<KvTarget> targets) =>
        Task.WhenAll(_stages.Select((stage, index) => stage.ExportKvAsync(new KvExport
        {
            SendingId = sendingId,
            Sequence = chunk.Sequence,
            FromPosition = chunk.FromPosition,
            ToPosition = chunk.ToPosition,
            IsLast = chunk.IsLast,
            Targets = TargetsOf(Plan.Stages[index], targets),
        })));

    /// <summary>Ends a sending, complete or not. One that begins anew after that, by an export that was late, is ended with the next renewal.</summary>
    /// <param name="sendingId">Of the exports.</param>
    /// <param name="onFailed">A stage did not hear.</param>
    public Task EndSendingAsync(long sendingId, Action<Exception, string> onFailed) =>
        Task.WhenAll(_stages.Select((stage, index) => TryAsync(stage.EndKvSendingAsync(sendingId), index, onFailed)));

    /// <summary>A stage that does not hear is told with the next renewal.</summary>
    public Task DropAsync(KvReservation slot, Action<Exception, string> onFailed) =>
        Task.WhenAll(_stages.Select((stage, index) => TryAsync(stage.DropKvAsync(ToWire(slot)), index, onFailed)));

    public static KvSlot ToWire(KvReservation slot) => new(slot.StepNumber, slot.Sequence);

    private StageAssignment Assignment(long epoch, int index)
    {
        var stage = Plan.Stages[index];
        var next = index + 1 < _keys.Length ? Plan.Stages[index + 1] : null;
        return new StageAssignment
        {
            Generation = _assignment.Generation,
            Epoch = epoch,
            StageIndex = index,
            Engine = new StageEngineSpec
            {
                ModelId = _assignment.Model.Id,
                Device = _assignment.Fleet.Find(stage.DeviceId)
                    ?? throw new PlanningException($"The plan uses device '{stage.DeviceId}', which the fleet does not have."),
                FirstLayer = stage.FirstLayer,
                LayerCount = stage.LayerCount,
                Settings = Plan.Engine,
            },
            ReplicaKey = _replicaKey,
            NextStageKey = next is null ? null : _keys[index + 1],
            NextLink = next is null ? null : EmulatedLink(stage.DeviceId, next.DeviceId),
            HiddenWidth = _assignment.Model.EmbeddingLength,
            HandsKvOff = Plan.Role != ReplicaRole.Mixed,
            StepLimit = _options.StepLimitOf(stage),
            LeaseSeconds = _options.StageLeaseSeconds,
        };
    }

    private ImmutableArray<KvTarget> TargetsOf(StagePlan stage, ImmutableArray<KvTarget> targets) =>
    [
        .. targets.Where(target => target.FirstLayer >= stage.FirstLayer && target.FirstLayer < stage.EndLayer)
            .Select(target => target with { Link = EmulatedLink(stage.DeviceId, target.DeviceId) }),
    ];

    /// <summary>Null where the network is real, and takes its own time.</summary>
    private LinkSpec? EmulatedLink(string from, string to) => _assignment.Fleet.Link(from, to) is { IsReal: false } link ? link : null;

    private async Task TryAsync(Task call, int index, Action<Exception, string> onFailed)
    {
        try
        {
            await call;
        }
        catch (Exception exception)
        {
            onFailed(exception, _keys[index]);
        }
    }
}
