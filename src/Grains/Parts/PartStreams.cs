using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;

namespace E2LLM.Grains.Parts;

internal static class PartStreams
{
    public static async IAsyncEnumerable<PartUpdate> ReadAsync(
        this PartInbox inbox, string key, GenerationRequest request, RunMode mode, ImmutableArray<KvSource> sources, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var part = inbox.Open(key, request, mode, sources);
        await foreach (var update in part.Updates.ReadAllAsync(cancellationToken))
            yield return update;
    }

    public static async IAsyncEnumerable<TokenChunk> ReadChunksAsync(
        this PartInbox inbox, string key, GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var update in inbox.ReadAsync(key, request, RunMode.Whole, [], cancellationToken))
            if (update.Chunk is { } chunk)
                yield return chunk;
    }
}
