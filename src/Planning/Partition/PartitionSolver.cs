namespace E2LLM.Planning.Partition;

/// <summary>
/// The partition of the least bottleneck: cuts the layers into contiguous ranges for devices in a given order so that the slowest
/// stage, compute or transfer, is as fast as possible and every range fits its device.
/// </summary>
/// <remarks>
/// best[k][i] = min over j of max(best[k-1][j], stage_k(j, i), hop_k): the bottleneck and not the sum, because several batches are
/// in the pipeline at once and the slowest stage is its period. O(devices * layers^2) (Pinar, Tabak and Aykanat 2008). Memory makes
/// the rows non-monotone, so no shortcut is taken. An instance owns its tables: not thread-safe, allocates only when it must grow.
/// </remarks>
public sealed class PartitionSolver
{
    private double[] _best = [];
    private int[] _from = [];

    /// <summary>The least bottleneck in seconds; positive infinity where no partition fits.</summary>
    /// <param name="problem">What to cut.</param>
    /// <param name="ends">End layer of each device's range, [devices]; untouched where nothing fits.</param>
    /// <exception cref="ArgumentException">The span is not as long as the list of devices.</exception>
    public double Solve(PartitionProblem problem, Span<int> ends)
    {
        var (layers, devices) = (problem.LayerCount, problem.DeviceCount);
        if (ends.Length != devices)
            throw new ArgumentException($"The problem has {devices} devices, the span {ends.Length}.", nameof(ends));
        if (devices == 0 || devices > layers)
            return double.PositiveInfinity;
        var width = layers + 1;
        if (_best.Length < devices * width)
        {
            _best = new double[devices * width];
            _from = new int[devices * width];
        }
        for (var device = 0; device < devices; device++)
            FillRow(problem, device, width);

        var bottleneck = _best[(devices - 1) * width + layers];
        if (double.IsPositiveInfinity(bottleneck))
            return bottleneck;
        for (int device = devices - 1, end = layers; device >= 0; device--)
        {
            ends[device] = end;
            end = _from[device * width + end];
        }
        return bottleneck;
    }

    private void FillRow(PartitionProblem problem, int device, int width)
    {
        var row = _best.AsSpan(device * width, width);
        var from = _from.AsSpan(device * width, width);
        row.Fill(double.PositiveInfinity);
        var isLastDevice = device == problem.DeviceCount - 1;
        var layers = problem.LayerCount;
        if (device == 0)
        {
            for (var end = 1; end <= layers; end++)
                if ((end == layers) == isLastDevice && problem.MayHold(0, 0, end))
                    row[end] = problem.StageSeconds(0, 0, end);
            return;
        }
        var previous = _best.AsSpan((device - 1) * width, width);
        var hop = problem.HopSeconds[device];
        for (var end = isLastDevice ? layers : device + 1; end <= (isLastDevice ? layers : layers - 1); end++)
        {
            // From the shortest range to the longest: compute and memory only grow, so the first that is too slow or too big ends the row.
            for (var first = end - 1; first >= device; first--)
            {
                if (!problem.MayHold(device, first, end))
                    break;
                var stage = Math.Max(hop, problem.StageSeconds(device, first, end));
                if (stage >= row[end])
                    break;
                var bottleneck = Math.Max(previous[first], stage);
                if (bottleneck < row[end])
                {
                    row[end] = bottleneck;
                    from[end] = first;
                }
            }
        }
    }
}
