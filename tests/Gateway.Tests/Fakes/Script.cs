using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using E2LLM.Core.Requests;

namespace E2LLM.Gateway.Tests.Fakes;

/// <summary>What a fake request grain yields.</summary>
public delegate IAsyncEnumerable<TokenChunk> Script(GenerationRequest request, CancellationToken cancellationToken);

public static class Scripts
{
    public static readonly RequestTimeline Timeline = new()
    {
        AcceptedAt = new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero),
        QueuedSeconds = 0.25,
        PrefillStartSeconds = 0.5,
        PrefillEndSeconds = 0.875,
        FirstTokenSeconds = 1,
        LastTokenSeconds = 2,
        DoneSeconds = 2.5,
        GeneratedTokens = 3,
        PackedTokenTimes = Times(1, 1.5, 2),
        Replica = "1/r0",
        Devices = [new DeviceTime("d1", 0, 2, 0.5, 1)],
    };

    /// <summary>The pieces, one chunk each, and the end of generation.</summary>
    public static Script Says(params string[] pieces) => Says(FinishReason.Stop, pieces);

    public static Script Says(FinishReason finish, params string[] pieces) =>
        Yields([.. pieces.Select(Bytes), new TokenChunk { FirstIndex = 0, Finish = finish, Timeline = Timeline }]);

    public static Script Fails(RequestFailure failure, params string[] pieces) =>
        Yields([.. pieces.Select(Bytes), new TokenChunk { FirstIndex = 0, Finish = FinishReason.Failed, Failure = failure }]);

    /// <summary>The pieces, and then nothing until somebody cancels.</summary>
    public static Script SaysAndHangs(params string[] pieces)
    {
        return Run;

        async IAsyncEnumerable<TokenChunk> Run(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var piece in pieces)
                yield return Bytes(piece);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>The pieces, and then an exception.</summary>
    public static Script Throws(Exception error, params string[] pieces)
    {
        return Run;

        async IAsyncEnumerable<TokenChunk> Run(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var piece in pieces)
                yield return Bytes(piece);
            await Task.CompletedTask;
            throw error;
        }
    }

    public static Script Yields(params TokenChunk[] chunks)
    {
        return Run;

        async IAsyncEnumerable<TokenChunk> Run(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            foreach (var chunk in chunks)
                yield return chunk;
        }
    }

    /// <summary>The prompt, token by token.</summary>
    public static async IAsyncEnumerable<TokenChunk> Echo(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var token in request.PromptTokens)
        {
            await Task.Yield();
            yield return new TokenChunk { FirstIndex = 0, Tokens = [token] };
        }

        yield return new TokenChunk { FirstIndex = 0, Finish = FinishReason.Stop };
    }

    public static ImmutableArray<byte> Times(params double[] seconds)
    {
        var times = new TokenTimes();
        foreach (var moment in seconds)
            times.Append(moment, 1);
        return times.Pack();
    }

    public static TokenChunk Bytes(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public static TokenChunk Bytes(params byte[] bytes) => new() { FirstIndex = 0, Tokens = [.. bytes.Select(value => (int)value)] };

    public static ImmutableArray<int> Tokens(string text) => Bytes(text).Tokens;
}
