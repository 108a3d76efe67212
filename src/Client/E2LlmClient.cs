using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Grains.Interfaces.Chat;
using E2LLM.Grains.Interfaces.Fleets;
using E2LLM.Grains.Interfaces.Models;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Client;

/// <summary>Asks the models of a fleet, over an Orleans client. Thread-safe.</summary>
/// <remarks>
/// Cancelling a call, or leaving its enumeration, stops the work on every device. A connection that is lost, or a fleet that does not
/// answer, ends every call with an <see cref="E2LlmException"/> that may be retried: within moments where the client has made the
/// connection itself, after Orleans' time-out for a call where somebody else's Orleans client is used.
/// </remarks>
public sealed class E2LlmClient : IAsyncDisposable
{
    private readonly IGrainFactory _grains;
    private readonly FleetCalls _calls;
    private readonly IAsyncDisposable? _connection;

    /// <summary>Over an Orleans client, or a silo, that somebody else owns.</summary>
    public E2LlmClient(IGrainFactory grains)
        : this(grains, new FleetCalls(), null)
    {
    }

    private E2LlmClient(IGrainFactory grains, FleetCalls calls, IAsyncDisposable? connection)
    {
        ArgumentNullException.ThrowIfNull(grains);
        _grains = grains;
        _calls = calls;
        _connection = connection;
    }

    /// <summary>
    /// Who asks, where a request does not say so itself; at most <see cref="CallerIds.MaxCharacters"/> printable characters. For limits
    /// and statistics. Default "": nobody in particular.
    /// </summary>
    public string CallerId { get; init; } = "";

    /// <summary>Connects to a fleet; disposing the client ends the connection.</summary>
    /// <exception cref="ConfigurationException">An option is out of its range; names all that are.</exception>
    /// <exception cref="E2LlmException">No silo answers.</exception>
    public static async Task<E2LlmClient> ConnectAsync(E2LlmClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new E2LlmClientOptions();
        var connection = await ClusterConnection.OpenAsync(options, cancellationToken);
        return new E2LlmClient(connection.Grains, connection.Calls, connection) { CallerId = options.CallerId };
    }

    /// <summary>An id that nobody can guess: who knows it may cancel the request.</summary>
    public static string NewRequestId() => "req-" + Guid.NewGuid().ToString("N");

    /// <summary>Yields an answer as it is written. The last delta carries finish reason, token counts and timeline.</summary>
    /// <exception cref="RequestRejectedException">The request is malformed or too long; says what to change.</exception>
    /// <exception cref="ModelNotReadyException">No complete replica serves the model yet.</exception>
    /// <exception cref="OverloadedException">The fleet is full now.</exception>
    /// <exception cref="E2LlmException">The connection was lost.</exception>
    public IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var named = request.CallerId is "" ? request with { CallerId = CallerId } : request;
        return _calls.StreamAsync(_grains.GetGrain<IChatGrain>(request.ModelId).StreamAsync(named, cancellationToken), cancellationToken);
    }

    /// <summary>Answers one message of a user.</summary>
    /// <inheritdoc cref="AskAsync(ChatRequest, CancellationToken)"/>
    public Task<ChatAnswer> AskAsync(string prompt, string modelId, int? maxTokens = null, CancellationToken cancellationToken = default) =>
        AskAsync(
            new ChatRequest
            {
                Id = NewRequestId(),
                ModelId = modelId,
                Turns = [new ChatTurn("user", prompt)],
                MaxTokens = maxTokens,
            },
            cancellationToken);

    /// <summary>Waits for the whole answer.</summary>
    /// <inheritdoc cref="StreamAsync" path="/exception"/>
    /// <exception cref="AnswerFailedException">The fleet failed on the way; has what came until then.</exception>
    public async Task<ChatAnswer> AskAsync(ChatRequest request, CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        var last = new ChatDelta();
        await foreach (var delta in StreamAsync(request, cancellationToken))
        {
            text.Append(delta.Text);
            last = delta;
        }

        var answer = new ChatAnswer
        {
            RequestId = request.Id,
            Text = text.ToString(),
            Finish = last.Finish ?? FinishReason.Failed,
            PromptTokens = last.PromptTokens,
            GeneratedTokens = last.GeneratedTokens,
            Timeline = last.Timeline,
        };
        return last.Failure is { } failure ? throw new AnswerFailedException(failure, answer) : answer;
    }

    /// <summary>Ids of the models of the silo that the client is connected to.</summary>
    public async Task<IReadOnlyList<string>> GetModelsAsync(CancellationToken cancellationToken = default) =>
        await _calls.CallAsync(_grains.GetGrain<IModelsGrain>(0).GetIdsAsync, cancellationToken);

    /// <summary>The plan of a model, and what runs of it.</summary>
    public Task<PlanStatus> GetStatusAsync(string modelId, CancellationToken cancellationToken = default) =>
        _calls.CallAsync(_grains.GetGrain<IPlanGrain>(modelId).GetStatusAsync, cancellationToken);

    /// <summary>The devices of a model's fleet.</summary>
    public Task<FleetStatus> GetFleetAsync(string modelId, CancellationToken cancellationToken = default) =>
        _calls.CallAsync(_grains.GetGrain<IFleetGrain>(modelId).GetStatusAsync, cancellationToken);

    /// <summary>Orders a device away, or back: <see cref="DeviceOrder.None"/>. The plan follows by itself.</summary>
    /// <returns>The fleet after it.</returns>
    /// <exception cref="ConfigurationException">No silo hosts the device; names those that there are.</exception>
    public Task<FleetStatus> OrderDeviceAsync(string modelId, string deviceId, DeviceOrder order, CancellationToken cancellationToken = default) =>
        _calls.CallAsync(() => _grains.GetGrain<IFleetGrain>(modelId).OrderAsync(deviceId, order), cancellationToken);

    /// <summary>Counts and latencies of a model's requests: in all, by role and by replica; counts by caller.</summary>
    public Task<RequestStatistics> GetStatisticsAsync(string modelId, CancellationToken cancellationToken = default) =>
        _calls.CallAsync(_grains.GetGrain<IRequestStatisticsGrain>(modelId).GetAsync, cancellationToken);

    /// <summary>The journal of a request; null where no such request was ever run.</summary>
    public Task<RequestRecord?> GetRequestAsync(string requestId, CancellationToken cancellationToken = default) =>
        _calls.CallAsync(_grains.GetGrain<IRequestGrain>(requestId).GetAsync, cancellationToken);

    /// <summary>Stops a request, whoever began it. Harmless when it is done or unknown.</summary>
    public Task CancelAsync(string requestId, CancellationToken cancellationToken = default) =>
        _calls.CallAsync(
            async () =>
            {
                await _grains.GetGrain<IRequestGrain>(requestId).CancelAsync();
                return true;
            },
            cancellationToken);

    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;
}
