using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Parts;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.HandOff;

/// <summary>
/// Runs one request over a replica that reads its prompt and one that writes its answer:
/// 1. the first one has begun to read, so the second one may reserve a slot; 2. that says where the KV cache has to go, and the first
/// one sends what it has and what it still reads; 3. the first token comes from the first one; 4. when the cache is there, the second
/// one takes it in and goes on; 5. the first one lets go. A cache that does not arrive is sent again, and then the second replica
/// reads the prompt itself: the reader sees a pause. All of it runs in the grain of the request.
/// </summary>
internal sealed partial class SplitRun(
    PartInbox inbox, ReplicaRoute route, IReplicaGrain prefill, IReplicaGrain decoder, GenerationRequest request, TimeProvider time, ILogger logger)
{
    /// <summary>Sendings of one cache, before the decoder reads the prompt itself.</summary>
    private const int MaxSendings = 2;

    private readonly Channel<TokenChunk> _chunks = Channel.CreateUnbounded<TokenChunk>();
    private readonly SplitTimeline _timeline = new(time);
    private readonly TaskCompletionSource<int> _firstToken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<int> _delivered = [];
    private Action _endPrefill = () => { };
    private Task? _decoding;
    private Task _handingOff = Task.CompletedTask;
    private CancellationTokenSource? _sendingEnd;
    private int _failedSendings;

    /// <summary>Why the first replica is of no more use; null while it is.</summary>
    private RequestFailure? _prefillFailure;

    private bool _isHandedOff;
    private bool _decoderWrites;

    /// <summary>Whether the answer ended before the decoder had the cache: it may still wait for it.</summary>
    public bool LeavesDecoderWaiting => _decoding is not null && !_isHandedOff;

    /// <summary>Whether a failure that ended the answer was the decoder's; else it was the prefill replica's.</summary>
    public bool IsDecodersFailure { get; private set; }

    /// <summary>The answer's chunks; the last one has the timeline of both replicas. Ending the enumeration early frees all of both.</summary>
    public async IAsyncEnumerable<TokenChunk> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var prefillStop = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        _endPrefill = prefillStop.Cancel;
        var prefilling = PrefillAsync(prefillStop.Token, stop.Token);
        try
        {
            await foreach (var chunk in _chunks.Reader.ReadAllAsync(cancellationToken))
            {
                if (chunk.Finish is null)
                {
                    yield return chunk;
                    continue;
                }
                // A short answer can be whole before the decoder's word that it has the cache is here.
                if (_decoderWrites && chunk.Finish is FinishReason.Stop or FinishReason.Length)
                    await _handingOff;
                if (_isHandedOff)
                    await prefilling; // for the first part's timeline
                yield return chunk with { Timeline = _timeline.Merge(chunk.Timeline) };
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(prefilling, _decoding ?? Task.CompletedTask, _handingOff);
        }
    }

    private async Task PrefillAsync(CancellationToken cancellationToken, CancellationToken stop)
    {
        try
        {
            await foreach (var update in inbox.ReadAsync(route.PrefillKey, request, RunMode.PrefillOnly, [], cancellationToken))
            {
                // An answer of one token needs no second replica.
                if (!update.Sources.IsEmpty && _decoding is null && request.MaxTokens > 1)
                    _decoding = DecodeAsync(update.Sources, stop);
                if (update.Chunk is not { } chunk || _prefillFailure is not null)
                    continue;
                _timeline.Prefill = chunk.Timeline;
                if (chunk is { Finish: FinishReason.Failed, Failure: { } failure } && _decoding is not null)
                    LosePrefill(failure);
                else if (chunk.Finish is not null)
                    Deliver(chunk, end: true);
                else if (!chunk.Tokens.IsEmpty)
                {
                    Deliver(chunk, end: false);
                    _firstToken.TrySetResult(chunk.Tokens[0]);
                }
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Nobody wants it any more.
        }
        catch (Exception exception) when (_decoding is not null)
        {
            LosePrefill(Failure(exception));
        }
        catch (Exception exception)
        {
            _chunks.Writer.TryComplete(exception);
        }
    }

    private async Task DecodeAsync(ImmutableArray<KvSource> sources, CancellationToken cancellationToken)
    {
        _timeline.DecoderQueued();
        try
        {
            await foreach (var update in inbox.ReadAsync(route.DecoderKey!, request, RunMode.DecodeOnly, sources, cancellationToken))
            {
                if (update.Reception is { } reception)
                    _handingOff = HandOffAsync(_handingOff, reception, cancellationToken);
                if (update.Chunk is not { } chunk)
                    continue;
                _decoderWrites = true;
                IsDecodersFailure |= chunk.Finish == FinishReason.Failed;
                Deliver(chunk, chunk.Finish is not null);
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // As above.
        }
        catch (Exception exception)
        {
            EndByDecoder(exception);
        }
    }

    private async Task HandOffAsync(Task previous, KvReception reception, CancellationToken cancellationToken)
    {
        if (_sendingEnd is { } old)
            await old.CancelAsync(); // what is on its way goes to a slot that is no more
        await previous;
        using var sending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _sendingEnd = sending;
        try
        {
            if (_prefillFailure is { } failure)
            {
                await FailAsync(reception, failure);
                return;
            }
            _timeline.Sent(await prefill.SendKvAsync(request.Id, reception.Targets, sending.Token));
            await decoder.KvArrivedAsync(request.Id, reception.OpenedInStep, await _firstToken.Task.WaitAsync(sending.Token));
            _isHandedOff = true;
        }
        catch (Exception) when (sending.IsCancellationRequested)
        {
            // The answer ended, or the slot is void and another one comes.
        }
        catch (Exception exception)
        {
            LogHandOffFailed(exception, request.Id, ++_failedSendings);
            await FailAsync(reception, _prefillFailure ?? Failure(exception));
        }
        finally
        {
            _sendingEnd = null;
        }
        if (_isHandedOff)
            await ReleaseAsync();
    }

    /// <summary>Has the cache sent anew, or the decoder read the prompt itself.</summary>
    private async Task FailAsync(KvReception reception, RequestFailure failure)
    {
        var readHere = _prefillFailure is not null || _failedSendings >= MaxSendings;
        if (readHere)
            LosePrefill(failure); // from here on, tokens come from the decoder alone
        try
        {
            await decoder.KvFailedAsync(new KvFailure
            {
                RequestId = request.Id,
                OpenedInStep = reception.OpenedInStep,
                ReadHere = readHere,
                Answer = [.. _delivered],
                Failure = failure,
            });
        }
        catch (Exception exception)
        {
            EndByDecoder(exception);
        }
    }

    private void EndByDecoder(Exception exception)
    {
        IsDecodersFailure = true;
        _chunks.Writer.TryComplete(exception);
    }

    private async Task ReleaseAsync()
    {
        try
        {
            await prefill.ReleaseHeldAsync(request.Id);
        }
        catch (Exception exception)
        {
            // Ending the enumeration frees what there still is.
            LogReleaseFailed(exception, request.Id);
            _endPrefill();
        }
    }

    private void LosePrefill(RequestFailure failure)
    {
        if (_prefillFailure is not null || _isHandedOff)
            return;
        _prefillFailure = failure;
        _firstToken.TrySetException(new KvTransferException(failure.Message));
        _ = _firstToken.Task.Exception;
        _endPrefill();
    }

    private void Deliver(TokenChunk chunk, bool end)
    {
        _delivered.AddRange(chunk.Tokens);
        _chunks.Writer.TryWrite(chunk);
        if (end)
            _chunks.Writer.TryComplete();
    }

    private static RequestFailure Failure(Exception exception) => new()
    {
        Party = FailedParty.Link,
        Phase = RequestPhase.Decode,
        Message = exception.Message,
        MayRetry = true,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Request}: its KV cache did not arrive (failure {Count}).")]
    private partial void LogHandOffFailed(Exception exception, string request, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Request}: the replica that held its KV cache does not answer.")]
    private partial void LogReleaseFailed(Exception exception, string request);
}
