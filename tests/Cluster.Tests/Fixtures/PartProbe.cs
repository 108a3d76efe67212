using System.Collections.Immutable;
using System.Threading.Channels;
using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Parts;
using E2LLM.Grains.Interfaces.Replicas;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>A reader of parts that says nothing of its own accord: whatever it does not say, a test can see the lack of.</summary>
internal sealed class PartProbe : IPartSink
{
    private static readonly TimeSpan WantPeriod = TimeSpan.FromSeconds(0.5);

    private readonly Channel<PartDelivery> _deliveries = Channel.CreateUnbounded<PartDelivery>();
    private readonly IReplicaGrain _replica;
    private readonly PartReaderId _id;

    public PartProbe(TestFog fog, IReplicaGrain replica)
    {
        _replica = replica;
        _id = new PartReaderId(Guid.NewGuid().ToString("N"), fog.Client.CreateObjectReference<IPartSink>(this));
    }

    /// <summary>Deliveries are lost while this is set.</summary>
    public bool LosesDeliveries { get; set; }

    public Task DeliverAsync(ImmutableArray<PartDelivery> deliveries)
    {
        if (LosesDeliveries)
            throw new TimeoutException("the test lost this delivery");
        foreach (var delivery in deliveries)
            _deliveries.Writer.TryWrite(delivery);
        return Task.CompletedTask;
    }

    public Task<RequestFailure?> SubmitAsync(long ticket, GenerationRequest request, RunMode mode = RunMode.Whole, ImmutableArray<KvSource> sources = default) =>
        _replica.SubmitAsync(new PartRequest { Request = request, Mode = mode, Sources = sources.IsDefault ? [] : sources, Reader = _id, Ticket = ticket });

    public Task<ImmutableArray<long>> WantAsync(long nextTicket, params ImmutableArray<PartSeen> parts) =>
        _replica.WantAsync(new PartsWanted { ReaderId = _id.Id, NextTicket = nextTicket, Parts = parts });

    public Task EndAsync(long ticket) => _replica.EndPartAsync(_id.Id, ticket);

    public async Task<PartDelivery> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await _deliveries.Reader.ReadAsync(limit.Token);
    }

    /// <summary>The next delivery; where none comes for a while, after saying once more what is wanted, as a reader does.</summary>
    /// <param name="nextTicket">As of <see cref="WantAsync"/>.</param>
    /// <param name="parts">As of <see cref="WantAsync"/>.</param>
    public async Task<PartDelivery> NextAsync(long nextTicket, params ImmutableArray<PartSeen> parts)
    {
        var next = NextAsync();
        while (await Task.WhenAny(next, Task.Delay(WantPeriod, TimeProvider.System)) != next)
            await WantAsync(nextTicket, parts);
        return await next;
    }

    /// <summary>Reads deliveries until one has such an update.</summary>
    public async Task<PartUpdate> UntilAsync(Func<PartUpdate, bool> isIt)
    {
        while (true)
            if ((await NextAsync()).Updates.FirstOrDefault(isIt) is { } update)
                return update;
    }
}
