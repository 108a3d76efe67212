using System.Collections.Immutable;
using System.Runtime.InteropServices;
using E2LLM.Core.Requests;

namespace E2LLM.Grains.Requests;

/// <summary>
/// The answer of a request so far: the one list of its tokens, and when each came. Whatever else needs tokens asks here: the reader, the
/// journal, the next attempt, a decoder that has to read the answer. Made for the turns of the request's grain.
/// </summary>
internal sealed class AnswerLog(TimeProvider time)
{
    private readonly long _acceptedAt = time.GetTimestamp();
    private readonly List<int> _tokens = [];
    private readonly TokenTimes _times = new();

    /// <summary>Pulsed whenever tokens come, and by the grain at the end.</summary>
    public AsyncSignal Changed { get; } = new();

    public int Count => _tokens.Count;

    /// <summary>Since the request was accepted.</summary>
    public double ElapsedSeconds => time.GetElapsedTime(_acceptedAt).TotalSeconds;

    /// <summary>Since the request was accepted; null before the first token.</summary>
    public double? FirstTokenSeconds { get; private set; }

    public double? LastTokenSeconds { get; private set; }

    public void Append(ImmutableArray<int> tokens)
    {
        if (tokens.Length == 0)
            return;
        _tokens.AddRange(tokens);
        LastTokenSeconds = ElapsedSeconds;
        FirstTokenSeconds ??= LastTokenSeconds;
        _times.Append(LastTokenSeconds.Value, tokens.Length);
        Changed.Pulse();
    }

    /// <summary>The tokens from an index on.</summary>
    public ImmutableArray<int> From(int index) => [.. CollectionsMarshal.AsSpan(_tokens)[index..]];

    /// <summary>The first tokens.</summary>
    public ImmutableArray<int> Take(int count) => [.. CollectionsMarshal.AsSpan(_tokens)[..count]];

    /// <summary>When the last of the first tokens came; null of none.</summary>
    public double? LastTokenSecondsOf(int count)
    {
        if (count >= Count)
            return LastTokenSeconds;
        var known = TokenTimes.Unpack(_times.Pack());
        // Of a very long answer only the first tokens' times are kept.
        return count == 0 ? null : count <= known.Length ? known[count - 1] : LastTokenSeconds;
    }

    /// <summary>Of the first tokens, as <see cref="RequestTimeline.PackedTokenTimes"/>.</summary>
    public ImmutableArray<byte> PackTimes(int count)
    {
        if (count >= Count)
            return _times.Pack();
        var times = new TokenTimes();
        foreach (var seconds in TokenTimes.Unpack(_times.Pack()).Take(count))
            times.Append(seconds, 1);
        return times.Pack();
    }
}
