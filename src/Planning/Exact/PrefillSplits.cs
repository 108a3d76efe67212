using E2LLM.Core.Plans;

namespace E2LLM.Planning.Exact;

/// <summary>
/// Tightens the bound of <see cref="CapacityBound"/> by looking at every set of devices that PREFILL groups may have: with that set A, no plan exceeds
/// the least over mu of mu * P(A) plus the most of the others' groups at max((1 - mu) d, m); the bound is the most over all sets.
/// </summary>
/// <remarks>
/// A fleet of a few strong devices has prefill in lumps: one mu for all of its plans takes fractions of them, one for each set does not. A further mu
/// lowers every set's value at once, O(3^n / 2); it is chosen for the set that stands highest, where its partitions' lines meet.
/// </remarks>
internal sealed class PrefillSplits
{
    private const int MaxSteps = 24;
    private const double Precision = 1e-4;

    private readonly float[] _decode;
    private readonly float[] _mixed;
    private readonly SubsetPacking _prefill;
    private readonly List<(double Mu, SubsetPacking Others)> _known = [];
    private readonly double[] _most;
    private readonly CancellationToken _cancellationToken;

    /// <param name="prefill">Rates of all subsets as PREFILL groups.</param>
    /// <param name="decode">As DECODER groups.</param>
    /// <param name="mixed">As MIXED groups.</param>
    /// <param name="start">The multipliers to begin with.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public PrefillSplits(float[] prefill, float[] decode, float[] mixed, IEnumerable<double> start, CancellationToken cancellationToken)
    {
        (_decode, _mixed, _cancellationToken) = (decode, mixed, cancellationToken);
        _prefill = new SubsetPacking(prefill);
        _most = new double[prefill.Length];
        Array.Fill(_most, double.PositiveInfinity);
        foreach (var mu in start)
            Add(mu);
        var reached = 0.0;
        for (var step = 0; step < MaxSteps; step++)
        {
            var highest = Highest();
            var lines = Lines(highest);
            reached = Math.Max(reached, lines.Max(line => Math.Min(_prefill.Worth[highest], line.Decode) + line.Mixed));
            if (_most[highest] <= reached * (1 + Precision) || Meeting(_prefill.Worth[highest], lines) is not { } mu || _known.Exists(known => Math.Abs(known.Mu - mu) < 1e-6))
                break;
            Add(mu);
        }
        // Single precision's rounding, at most n additions, is given back to the bound.
        Bound = _most[Highest()] * (1 + 1e-6);
    }

    public double Bound { get; }

    /// <summary>Partitions of the set that stands highest: good plans, too.</summary>
    public List<List<(int Subset, ReplicaRole Role)>> Partitions
    {
        get
        {
            var highest = Highest();
            return
            [
                .. _known.Select(known => (List<(int, ReplicaRole)>)
                [
                    .. _prefill.Groups(highest).Select(group => (group, ReplicaRole.Prefill)),
                    .. known.Others.Groups(Rest(highest)).Select(group => (group, RoleOf(group, known.Mu))),
                ]),
            ];
        }
    }

    private void Add(double mu)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        var weights = new float[_most.Length];
        for (var set = 1; set < weights.Length; set++)
            weights[set] = Math.Max((float)(1 - mu) * _decode[set], _mixed[set]);
        var others = new SubsetPacking(weights);
        _known.Add((mu, others));
        for (var set = 0; set < weights.Length; set++)
            _most[set] = Math.Min(_most[set], mu * _prefill.Worth[set] + others.Worth[Rest(set)]);
    }

    private int Rest(int set) => _most.Length - 1 & ~set;

    private int Highest()
    {
        var highest = 0;
        for (var set = 1; set < _most.Length; set++)
            if (_most[set] > _most[highest])
                highest = set;
        return highest;
    }

    private (double Decode, double Mixed)[] Lines(int set) =>
    [
        .. _known.Select(known =>
        {
            var (decode, mixed) = (0.0, 0.0);
            foreach (var group in known.Others.Groups(Rest(set)))
                if (RoleOf(group, known.Mu) == ReplicaRole.Mixed)
                    mixed += _mixed[group];
                else
                    decode += _decode[group];
            return (decode, mixed);
        }),
    ];

    private ReplicaRole RoleOf(int group, double mu) => _mixed[group] >= (float)(1 - mu) * _decode[group] ? ReplicaRole.Mixed : ReplicaRole.Decoder;

    /// <summary>Where the highest of the lines is lowest: between one that falls and one that rises; null where the end of the range is.</summary>
    private static double? Meeting(double prefill, (double Decode, double Mixed)[] lines)
    {
        double Value(double mu) => lines.Max(line => mu * prefill + (1 - mu) * line.Decode + line.Mixed);
        var (low, high) = (0.0, 1.0);
        for (var step = 0; step < 60; step++)
        {
            var (left, right) = (low + (high - low) / 3, high - (high - low) / 3);
            if (Value(left) <= Value(right))
                high = right;
            else
                low = left;
        }
        var mu = 0.5 * (low + high);
        return mu is > 1e-9 and < 1 - 1e-9 ? mu : null;
    }
}
