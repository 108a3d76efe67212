using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.HandOff;
using E2LLM.Grains.Interfaces.HandOff;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.HandOff;

namespace E2LLM.Grains.Replicas;

/// <content>
/// Parts of requests: prompts that are read here and handed on, answers that are written here from a cache that comes from elsewhere.
/// The caches go from stage to stage; what passes through here are positions and places.
/// </content>
public sealed partial class ReplicaGrain
{
    public IAsyncEnumerable<PartUpdate> PrefillAsync(GenerationRequest request, CancellationToken cancellationToken = default) =>
        RunPartAsync(request, RunMode.PrefillOnly, new HeldKv(), awaited: null, cancellationToken);

    public IAsyncEnumerable<PartUpdate> DecodeAsync(
        GenerationRequest request, ImmutableArray<KvSource> sources, CancellationToken cancellationToken = default) =>
        RunPartAsync(request, RunMode.DecodeOnly, held: null, new AwaitedKv(sources), cancellationToken);

    public async Task<KvSendReport> SendKvAsync(string requestId, ImmutableArray<KvPart> parts, CancellationToken cancellationToken = default)
    {
        var held = _requests.GetValueOrDefault(requestId)?.Held
            ?? throw new KvTransferException($"Replica {Key} does not read the prompt of request {requestId}, or no longer.");
        var assignment = _assignment!;
        var stages = _stages;
        var stageParts = assignment.Plan.Stages.Select(stage => PartsFrom(stage, parts)).ToArray();
        var (sendingId, reading) = (Guid.NewGuid(), held.Readings);
        var (sent, bytes, seconds) = (0, 0L, 0.0);
        Task<KvSendReport[]> exports = Task.FromResult<KvSendReport[]>([]);
        try
        {
            while (true)
            {
                await held.WaitAsync(sent, reading, cancellationToken);
                // No more than a step's rows at once: a prompt that was read long before its decoder has room may be of any length.
                var to = Math.Min(held.Positions, sent + assignment.Plan.Engine.MaxStepTokens);
                var isLast = held.IsWhole && to == held.Positions;
                exports = Task.WhenAll(stages.Select((stage, index) => stage.ExportKvAsync(new KvExport
                {
                    SendingId = sendingId,
                    Sequence = held.Sequence,
                    FromPosition = sent,
                    ToPosition = to,
                    IsLast = isLast,
                    Parts = stageParts[index],
                })));
                var reports = await exports.WaitAsync(cancellationToken);
                bytes += reports.Sum(report => report.Bytes);
                seconds += reports.Max(report => report.Seconds);
                held.ThrowIfVoid(reading);
                if (isLast)
                    return new KvSendReport(bytes, seconds);
                sent = to;
            }
        }
        finally
        {
            _ = EndSendingAsync(stages, sendingId, exports);
        }
    }

    private async Task EndSendingAsync(IStageGrain[] stages, Guid sendingId, Task exports)
    {
        var wasCutShort = !exports.IsCompleted;
        await Task.WhenAll(stages.Select(stage => TryAsync(stage.EndKvSendingAsync(sendingId), stage)));
        if (!wasCutShort)
            return;
        // An export may have come to its stage only after the end of its sending, which it began anew.
        await exports.ContinueWith(_ => { }, TaskScheduler.Current);
        await Task.WhenAll(stages.Select(stage => TryAsync(stage.EndKvSendingAsync(sendingId), stage)));
    }

    public Task ReleaseHeldAsync(string requestId)
    {
        if (_requests.TryGetValue(requestId, out var progress) && progress.Held is not null && _scheduler!.ReleaseHeld(requestId))
        {
            _requests.Remove(requestId);
            progress.Release(ElapsedSeconds(progress));
            Pump();
        }
        return Task.CompletedTask;
    }

    public async Task KvArrivedAsync(string requestId, long openedInStep, int firstToken)
    {
        var progress = _requests.GetValueOrDefault(requestId);
        var awaited = progress?.Awaited ?? throw new KvTransferException($"Replica {Key} does not wait for a KV cache of request {requestId}.");
        var slot = awaited.Find(openedInStep);
        var transfers = awaited.Transfers;
        var request = progress.Request;
        await slot.Opened;
        await Task.WhenAll(_stages.Select((stage, index) => stage.ImportKvAsync(new KvImport
        {
            TransferIds = transfers[index],
            OpenedInStep = openedInStep,
            Positions = request.PromptTokens.Length,
            Open = SequenceCommand.Open(slot.Reservation.Sequence, request.Sampling, PenaltyTokens(request, firstToken)),
        })));
        awaited.Find(openedInStep);
        awaited.End();
        progress.TookIn(ElapsedSeconds(progress));
        if (_scheduler!.KvArrived(slot.Reservation, request.PromptTokens.Length, [firstToken]) is { } last)
            Apply([last]);
        Pump();
    }

    public Task KvFailedAsync(KvFailure failure)
    {
        if (_requests.TryGetValue(failure.RequestId, out var progress)
            && progress.Awaited is { Current: { } slot } && slot.Reservation.StepNumber == failure.OpenedInStep)
        {
            if (failure.ReadHere)
                progress.ContinueAfter(failure.Answer.Length);
            var recovery = failure.ReadHere ? KvRecovery.ReadHere : KvRecovery.Requeue;
            GiveUpReservation(progress, slot.Reservation, failure.Failure, recovery, failure.Answer);
        }
        return Task.CompletedTask;
    }

    private void GiveUpReservation(
        RequestProgress progress, KvReservation reservation, RequestFailure failure, KvRecovery recovery, ImmutableArray<int> answer = default)
    {
        DropTransfers(progress.Awaited!);
        if (_scheduler!.KvFailed(reservation, failure, recovery, NowSeconds, answer) is { } last)
            Apply([last]);
        Pump();
    }

    /// <summary>Opens the data ports of the stages for a slot, and tells the reader where the cache has to go.</summary>
    private async Task ReceiveAsync(RequestProgress progress, KvReservation reservation)
    {
        var awaited = progress.Awaited!;
        DropTransfers(awaited);
        var slot = awaited.Begin(reservation);
        var (assignment, stages) = (_assignment!, _stages);
        try
        {
            var parts = await Task.WhenAll(stages.Select(stage => stage.ExpectKvAsync(new KvExpectation
            {
                Sources = awaited.Sources,
                Positions = progress.Request.PromptTokens.Length,
                MaxRowBytes = KvRules.MaxRowBytes(assignment.Model, assignment.Plan.Engine),
                LeaseSeconds = options.Value.KvLeaseSeconds,
            })));
            ImmutableArray<ImmutableArray<Guid>> transfers =
                [.. parts.Select(ofStage => ofStage.Select(part => part.Destination.TransferId).ToImmutableArray())];
            if (awaited.Current != slot)
            {
                Drop(stages, transfers);
                return;
            }
            awaited.Transfers = transfers;
            progress.Tell(new PartUpdate
            {
                Reception = new KvReception { OpenedInStep = reservation.StepNumber, Parts = [.. parts.SelectMany(part => part)] },
            });
        }
        catch (Exception exception)
        {
            LogReceptionFailed(exception, Key, progress.Request.Id);
            if (awaited.Current == slot)
                GiveUpReservation(progress, reservation, new RequestFailure
                {
                    Party = FailedParty.Stage,
                    Phase = RequestPhase.Decode,
                    Message = exception.Message,
                    MayRetry = true,
                }, KvRecovery.Requeue);
        }
    }

    /// <summary>Slots that a lost step was to open are opened anew by a later one; what comes for them meanwhile is void.</summary>
    private void VoidReservations()
    {
        foreach (var reservation in _sent.Values.SelectMany(sent => sent.Plan.KvReservations))
            if (Awaiting(reservation) is { } awaited)
                DropTransfers(awaited);
    }

    private AwaitedKv? Awaiting(KvReservation reservation) =>
        _requests.GetValueOrDefault(reservation.RequestId)?.Awaited is { Current: { } slot } awaited && slot.Reservation == reservation
            ? awaited
            : null;

    /// <summary>Renews the leases of the transfers whose requests are still there.</summary>
    private async Task CheckLeasesAsync()
    {
        EndAbandoned();
        var awaited = _requests.Values.Select(progress => progress.Awaited?.Transfers ?? []).Where(transfers => !transfers.IsEmpty).ToArray();
        for (var index = 0; awaited.Length > 0 && index < _stages.Length; index++)
            await TryAsync(_stages[index].RenewKvAsync([.. awaited.SelectMany(transfers => transfers[index])]), _stages[index]);
    }

    private void DropTransfers(AwaitedKv awaited) => Drop(_stages, awaited.End());

    private void Drop(IStageGrain[] stages, ImmutableArray<ImmutableArray<Guid>> transfers)
    {
        for (var index = 0; index < transfers.Length && index < stages.Length; index++)
            Forget(stages[index].DropKvAsync(transfers[index]), stages[index]);
    }

    private void Forget(Task call, IStageGrain stage) => _ = TryAsync(call, stage);

    private async Task TryAsync(Task call, IStageGrain stage)
    {
        try
        {
            await call;
        }
        catch (Exception exception)
        {
            // Its device is gone, and the transfers with it.
            LogStageCallFailed(exception, stage.GetPrimaryKeyString());
        }
    }

    private ImmutableArray<KvPart> PartsFrom(StagePlan stage, ImmutableArray<KvPart> parts) =>
    [
        .. parts.Where(part => part.FirstLayer >= stage.FirstLayer && part.FirstLayer < stage.EndLayer)
            .Select(part => part with { Link = _assignment!.Fleet.Link(stage.DeviceId, part.DeviceId) }),
    ];

    private static ImmutableArray<int> PenaltyTokens(GenerationRequest request, int firstToken) => request.Sampling.HasPenalties
        ? [.. request.PromptTokens.Append(firstToken).TakeLast(request.Sampling.PenaltyLastTokens)]
        : [];
}
