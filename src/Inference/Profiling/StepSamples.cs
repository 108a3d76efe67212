using System.Collections.Immutable;
using E2LLM.Core.Fleets;

namespace E2LLM.Inference.Profiling;

/// <summary>The seconds of steps that were timed in rounds, and what a layer, a call and the head take by them.</summary>
internal sealed record StepSamples
{
    /// <summary>Layers in the middle of the model that were timed together.</summary>
    public required int Layers { get; init; }

    /// <summary>Layers before the head that were timed with it.</summary>
    public required int TailLayers { get; init; }

    public required ImmutableArray<int> ChunkTokens { get; init; }

    /// <summary>Of the layers in the middle, by chunk and round.</summary>
    public required double[][] Chunks { get; init; }

    /// <summary>Of the layers in the middle, by batch (<see cref="ProfilePoints.BatchSequences"/>) and round.</summary>
    public required double[][] Batches { get; init; }

    /// <summary>Of the last layers and the head, in the same rounds; empty where the model has no others.</summary>
    public required double[][] Tail { get; init; }

    /// <summary>Of a row through the layers in the middle, and through one of them, by round; empty where that is the same.</summary>
    public required (double[] All, double[] One) LoneRow { get; init; }

    public HostTimes ToTimes()
    {
        // On a busy machine any of the times may be far off; the smallest step leaves its layers something all the same.
        var smallest = Chunks.Concat(Batches).Min(TimedRounds.Median);
        var call = LoneRow.All.Length == 0 ? 0 : Math.Clamp(
            TimedRounds.Median(LoneRow.All.Zip(LoneRow.One, (all, one) => (Layers * one - all) / (Layers - 1))), 0, smallest / 2);
        return new HostTimes(
            [.. ChunkTokens.Zip(Chunks, (chunk, rounds) => new PrefillPoint(chunk, PerLayer(rounds)))],
            [.. ProfilePoints.BatchSequences.Zip(Batches, (batch, rounds) => new DecodePoint(batch, ProfilePoints.ContextTokens, PerLayer(rounds)))],
            call,
            Head());

        double PerLayer(double[] rounds) => (TimedRounds.Median(rounds) - call) / Layers;

        // What the last layers take longer than as many in the middle, by rows. More rows never take less: a smaller time is noise.
        ImmutableArray<HeadPoint> Head()
        {
            var points = ImmutableArray.CreateBuilder<HeadPoint>(Tail.Length);
            for (var index = 0; index < Tail.Length; index++)
            {
                var longer = TimedRounds.Median(Tail[index].Zip(Batches[index], (tail, middle) => tail - middle));
                var alone = longer + (Layers - TailLayers) * PerLayer(Batches[index]);
                points.Add(new HeadPoint(ProfilePoints.BatchSequences[index], Math.Max(points.Count == 0 ? 0 : points[^1].Seconds, alone)));
            }
            return points.ToImmutable();
        }
    }
}
