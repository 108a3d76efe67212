using System.Collections.Concurrent;
using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Parts;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Plans;
using E2LLM.Scheduling.Protocols.Parts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Parts;

/// <summary>
/// Where the parts of this silo's requests get their updates: one message a step of a replica, for all of its parts that are read here.
/// Tells each replica, time and again, which parts are still wanted, so that nothing that is lost on the way stays lost.
/// </summary>
/// <remarks>
/// | what is lost | what happens |
/// |---|---|
/// | a submission, or the answer to it | it is submitted again; a replica runs no part twice |
/// | a delivery | the replica hears which updates are there, and sends the others again |
/// | the word that a part is no longer wanted | it is not among those that are wanted, and the replica ends it |
/// | the replica's silo | its parts end, and their requests go on elsewhere |
/// | this silo | its replicas hear of no reader for a lease, and free what it held |
/// </remarks>
public sealed partial class PartInbox : IPartSink, IDisposable
{
    /// <summary>
    /// How long the replica of a part that is ended here has to say how it fared: it tells no more than times, and somebody may be waiting
    /// for the end of an answer.
    /// </summary>
    private static readonly TimeSpan LastWordPatience = TimeSpan.FromSeconds(0.25);

    private readonly ConcurrentDictionary<long, PartReader> _parts = [];
    private readonly ConcurrentDictionary<string, bool> _asked = [];

    /// <summary>By replica, the last ticket of a part that it may still run; gone once the replica has heard that nothing is wanted of it.</summary>
    private readonly ConcurrentDictionary<string, long> _replicas = [];

    private readonly IGrainFactory _grains;
    private readonly SiloShutdown _shutdown;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly double _leaseSeconds;
    private readonly Task<PartReaderId> _reader;
    private long _lastTicket;

    public PartInbox(IGrainFactory grains, IOptions<ServingOptions> options, SiloShutdown shutdown, TimeProvider time, ILogger<PartInbox> logger)
    {
        (_grains, _shutdown, _time, _logger) = (grains, shutdown, time, logger);
        _leaseSeconds = options.Value.KvLeaseSeconds;
        // The inbox comes up in the turn of a grain, where no reference can be made to anything else.
        _reader = Task.Run(() => new PartReaderId(Guid.NewGuid().ToString("N"), grains.CreateObjectReference<IPartSink>(this)));
        _timer = time.CreateTimer(_ => AskAll(), null, options.Value.TickPeriod, options.Value.TickPeriod);
    }

    private double NowSeconds => _time.GetTimestamp() / (double)_time.TimestampFrequency;

    /// <summary>
    /// Starts a part of a request on a replica. Never throws: a replica that refuses, fails, is gone or falls silent for a lease ends the
    /// part with a last update that says so.
    /// </summary>
    /// <param name="sources">Decode: the stages that will send the cache.</param>
    public PartReader Open(string replicaKey, GenerationRequest request, RunMode mode, ImmutableArray<KvSource> sources = default)
    {
        var ticket = Interlocked.Increment(ref _lastTicket);
        var part = new PartReader(this, replicaKey, _grains.GetGrain<IReplicaGrain>(replicaKey), ticket, new PartSilence(_leaseSeconds, NowSeconds));
        _parts[ticket] = part;
        MayRun(part);
        _ = SubmitAsync(part, request, mode, sources.IsDefault ? [] : sources);
        return part;
    }

    public Task DeliverAsync(ImmutableArray<PartDelivery> deliveries)
    {
        var now = NowSeconds;
        foreach (var delivery in deliveries)
            if (_parts.TryGetValue(delivery.Ticket, out var part) && part.OnDelivered(delivery.From, delivery.Updates, now))
                _parts.TryRemove(delivery.Ticket, out _);
        return Task.CompletedTask;
    }

    public void Dispose() => _timer.Dispose();

    internal void Close(PartReader part)
    {
        if (_parts.TryRemove(part.Ticket, out _) && !_shutdown.HasBegun)
            _ = TellEndAsync(part);
    }

    internal async Task<RequestTimeline?> EndAsync(PartReader part)
    {
        if (!_parts.TryRemove(part.Ticket, out _) || _shutdown.HasBegun)
            return null;
        try
        {
            return await TellEndAsync(part).WaitAsync(LastWordPatience, _time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task SubmitAsync(PartReader part, GenerationRequest request, RunMode mode, ImmutableArray<KvSource> sources)
    {
        var submission = new PartRequest { Request = request, Mode = mode, Sources = sources, Reader = await _reader, Ticket = part.Ticket };
        while (_parts.ContainsKey(part.Ticket))
        {
            try
            {
                if (await part.Replica.SubmitAsync(submission) is { } refusal)
                    End(part, refusal);
                else if (_parts.ContainsKey(part.Ticket))
                    part.OnTaken(NowSeconds);
                else
                    await TellEndAsync(part); // it was closed meanwhile, and the word of it may have come before the submission
                return;
            }
            catch (Exception exception) when (IsGone(exception))
            {
                EndAsGone(part, exception);
            }
            catch (Exception exception) when (exception is TimeoutException or OrleansException)
            {
                // It may have been taken, or may be now: to submit it twice does no harm. The lease ends that, if nothing else does.
                LogSubmittedAgain(exception, request.Id, part.ReplicaKey);
                MayRun(part);
                await Task.Delay(LostCalls.Pause, _time);
            }
            catch (Exception exception)
            {
                End(part, Failure(FailedParty.Stage, exception.Message, mayRetry: exception is not E2LlmException { MayRetry: false }));
            }
        }
    }

    private async Task<RequestTimeline?> TellEndAsync(PartReader part)
    {
        try
        {
            return await part.Replica.EndPartAsync((await _reader).Id, part.Ticket);
        }
        catch (Exception)
        {
            // It is told again by what it is not asked for.
            return null;
        }
    }

    /// <summary>Says to every replica what is still wanted of it. One that has yet to answer is not asked again meanwhile.</summary>
    private void AskAll()
    {
        if (_shutdown.HasBegun)
            return;
        // Before the parts are looked at: one that is opened from here on is not known to the message.
        var nextTicket = Interlocked.Read(ref _lastTicket) + 1;
        var now = NowSeconds;
        var wanted = _parts.Values.ToLookup(part => part.ReplicaKey);
        foreach (var replica in _replicas)
        {
            foreach (var part in wanted[replica.Key])
                if (part.Overdue(now) is { } silence)
                    End(part, Failure(FailedParty.Link, $"Replica {part.ReplicaKey} has not been heard of for {silence:0.#} s (KvLeaseSeconds is {_leaseSeconds}).", mayRetry: true));
            if (_asked.TryAdd(replica.Key, true))
                _ = AskAsync(replica, [.. wanted[replica.Key]], nextTicket);
        }
    }

    /// <summary>From here on the part's replica is told what is wanted of it, until it has heard that nothing is.</summary>
    private void MayRun(PartReader part) =>
        _replicas.AddOrUpdate(part.ReplicaKey, part.Ticket, (_, ticket) => Math.Max(ticket, part.Ticket));

    /// <param name="replica">Its key, and the last ticket that it may run.</param>
    /// <param name="parts">What is wanted of it.</param>
    /// <param name="nextTicket">Parts of it and above are not known to the message.</param>
    private async Task AskAsync(KeyValuePair<string, long> replica, PartReader[] parts, long nextTicket)
    {
        var replicaKey = replica.Key;
        var taken = parts.Where(part => part.IsTaken).ToDictionary(part => part.Ticket);
        try
        {
            var unknown = await _grains.GetGrain<IReplicaGrain>(replicaKey).WantAsync(new PartsWanted
            {
                ReaderId = (await _reader).Id,
                NextTicket = nextTicket,
                Parts = [.. parts.Select(part => new PartSeen(part.Ticket, part.Seen))],
            });
            foreach (var part in parts)
                part.OnHeard(NowSeconds);
            foreach (var ticket in unknown)
                if (taken.TryGetValue(ticket, out var part))
                    End(part, Failure(FailedParty.Stage, $"Replica {replicaKey} no longer runs the request: it was started anew, or gave it up.", mayRetry: true));
            if (parts.Length == 0 && replica.Value < nextTicket)
                _replicas.TryRemove(replica);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            if (parts.Length == 0)
                _replicas.TryRemove(replica);
            foreach (var part in parts)
                EndAsGone(part, exception);
        }
        catch (Exception exception)
        {
            LogNotAsked(exception, replicaKey);
        }
        finally
        {
            _asked.TryRemove(replicaKey, out _);
        }
    }

    /// <summary>Whether a replica's silo, or device, is known to be gone; else it is only not known to be there.</summary>
    private static bool IsGone(Exception exception) => exception is SiloUnavailableException or DeviceUnavailableException;

    private void EndAsGone(PartReader part, Exception exception) =>
        End(part, Failure(FailedParty.Link, $"Replica {part.ReplicaKey} is gone: {exception.Message}", mayRetry: true));

    private void End(PartReader part, RequestFailure failure)
    {
        if (_parts.TryRemove(part.Ticket, out _))
            part.End(failure);
    }

    private static RequestFailure Failure(FailedParty party, string message, bool mayRetry) =>
        new() { Party = party, Phase = RequestPhase.Queued, Message = message, MayRetry = mayRetry };

    [LoggerMessage(Level = LogLevel.Debug, Message = "Request {Request} is submitted to replica {Replica} once more.")]
    private partial void LogSubmittedAgain(Exception exception, string request, string replica);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Replica {Replica} did not say what it lacks. It is asked again.")]
    private partial void LogNotAsked(Exception exception, string replica);
}
