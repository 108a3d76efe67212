using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.HandOff;
using E2LLM.Grains.Interfaces.HandOff;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Scheduling.Protocols.HandOff;

namespace E2LLM.Grains.Stages;

/// <content>KV caches of single sequences: out of the engine to another replica's stages, and in from there.</content>
public sealed partial class StageGrain
{
    private readonly KvInbound _inbound = new(dataPort);
    private readonly Dictionary<long, KvSending> _outbound = [];
    private readonly Dictionary<string, EmulatedLink> _kvLinks = [];
    private readonly SlotOpenings _slots = new();

    public Task<ImmutableArray<KvTarget>> ExpectKvAsync(KvExpectation expectation)
    {
        var info = KvEngine().Info;
        return Task.FromResult(_inbound.Expect(expectation, _assignment!.Engine.Device.Id, info.FirstLayer, info.LayerCount));
    }

    public async Task ImportKvAsync(KvImport import)
    {
        var engine = KvEngine();
        var blocks = await _inbound.TakeAsync(import.Slot);
        // From here to the last post there is no await: no step can close the slot between the look and the import.
        var sequence = import.Slot.Sequence;
        if (_engine != engine || !_slots.IsOpenSince(sequence, import.Slot.OpenedInStep))
        {
            foreach (var block in blocks)
                block.Dispose();
            throw new KvTransferException($"Stage {Key} has given slot {sequence} away since step {import.Slot.OpenedInStep}.");
        }
        var opening = engine.Info.IsLast
            ? engine.ExecuteAsync(new StageStep { StepNumber = import.Slot.OpenedInStep, Commands = [import.Open], Rows = [] }, CancellationToken.None)
            : Task.CompletedTask;
        await Task.WhenAll(opening, engine.ImportKvAsync(sequence, import.Positions, blocks, CancellationToken.None));
    }

    public Task DropKvAsync(KvSlot slot)
    {
        _inbound.Drop(slot);
        return Task.CompletedTask;
    }

    public Task OpenKvSendingAsync(long sendingId, ImmutableArray<KvTarget> targets)
    {
        KvEngine();
        Sending(sendingId, targets).Open();
        return Task.CompletedTask;
    }

    public Task<KvSendReport> ExportKvAsync(KvExport export)
    {
        var engine = KvEngine();
        var sending = Sending(export.SendingId, export.Targets);
        return sending.Once(export.FromPosition, () => ExportAsync(engine, sending, export));
    }

    private KvSending Sending(long id, ImmutableArray<KvTarget> targets)
    {
        if (!_outbound.TryGetValue(id, out var sending))
            _outbound.Add(id, sending = new KvSending(targets, SenderOptions, time));
        return sending;
    }

    private async Task<KvSendReport> ExportAsync(IKvStageEngine engine, KvSending sending, KvExport export)
    {
        var blocks = await engine.ExportKvAsync(export.Sequence, export.FromPosition, export.ToPosition, sending.Stopped);
        var started = time.GetTimestamp();
        var bytes = await sending.SendAsync(blocks);
        if (export.IsLast)
            await sending.CompleteAsync(export.ToPosition);
        return new KvSendReport(bytes, time.GetElapsedTime(started).TotalSeconds);
    }

    public async Task EndKvSendingAsync(long sendingId)
    {
        if (_outbound.Remove(sendingId, out var sending))
            await sending.DisposeAsync();
    }

    private void RenewKv(StageRenewal renewal)
    {
        _inbound.Renew(renewal.Slots, renewal.NextStep);
        foreach (var over in _outbound.Keys.Where(id => id < renewal.NextSending && !renewal.Sendings.Contains(id)).ToArray())
            _ = EndKvSendingAsync(over);
    }

    private async Task DropKvAsync()
    {
        _inbound.DropAll();
        var sendings = _outbound.Values.ToArray();
        _outbound.Clear();
        foreach (var sending in sendings)
            await sending.DisposeAsync();
        _kvLinks.Clear();
        _slots.Clear();
    }

    private IKvStageEngine KvEngine() => _engine switch
    {
        IKvStageEngine engine => engine,
        null => throw new EngineException($"Stage {Key} is not loaded."),
        _ => throw new EngineException($"The engine of stage {Key} gives no KV caches out and takes none in."),
    };

    /// <summary>All that goes to one device shares the link to it.</summary>
    private KvSenderOptions SenderOptions(KvTarget target)
    {
        if (target.Link is not { } spec || (spec.LatencySeconds == 0 && double.IsPositiveInfinity(spec.BandwidthBytesPerSecond)))
            return senderOptions.Value;
        if (!_kvLinks.TryGetValue(target.DeviceId, out var link))
            _kvLinks.Add(target.DeviceId, link = new EmulatedLink(spec, time));
        return senderOptions.Value with { Pace = (bytes, cancellationToken) => link.CarryAsync(bytes, cancellationToken) };
    }
}
