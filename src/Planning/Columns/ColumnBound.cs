using E2LLM.Core.Plans;
using E2LLM.Planning.Certificates;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Columns;

/// <summary>
/// The bound for large fleets: the linear relaxation over all kinds of groups, solved by column generation, and proved from its prices
/// alone: if no group is worth more than its devices cost, no plan is worth more than the whole fleet costs.
/// </summary>
/// <remarks>
/// max min(P, D) + M over fractional numbers of groups. Prices of the devices and the weights (mu, 1 - mu) of prefill and decode are
/// the duals; they are scaled by the greatest ratio of worth to cost that is left over, so that an unfinished search or rounding
/// loosens the bound and never breaks it. Plans come from fixing the whole numbers of the relaxation and solving again for the rest.
/// </remarks>
internal sealed class ColumnBound : ICapacityBound
{
    private const int MaxRounds = 40;
    private const int MaxSmallColumns = 200;
    private const double CoarseStep = 1.04;
    private const double MediumStep = 1.01;
    private const double FineStep = 1.002;

    private readonly PlanningContext _context;
    // Whether devices with named links are left to MIXED groups, so that no KV cache goes over one or counts on it, and no PREFILL group prompts
    // faster than a single interface receives at the default link: the bound knows only a group's own interfaces.
    private bool _isCautious;

    private readonly SmallGroups _small;
    private readonly ColumnPricer _pricer;
    private readonly bool[] _isNamed;
    private readonly Dictionary<string, (CoverColumn Column, double Rate)> _pool = new(StringComparer.Ordinal);

    public ColumnBound(PlanningContext context)
    {
        _context = context;
        _isNamed = [.. Free().Select(devices => context.Serving.Fleet.Named.Touch(devices[0]))];
        _small = new SmallGroups(context.Groups, [.. Free().Select(devices => devices.ToArray())], context.Threads);
        _pricer = new ColumnPricer(context.Serving, context.Groups.ClosedForm, _small.Devices + 1);
        Relax(_pricer.Counts, 0, 0, MaxRounds, CoarseStep);
        var relaxation = Relax(_pricer.Counts, 0, 0, MaxRounds, MediumStep);
        RequestsPerSecond = Prove(relaxation);
        Candidates = [Round(prefillFirst: true), Round(prefillFirst: false)];
        _isCautious = true;
        Candidates = [.. Candidates, Round(prefillFirst: true)];
        Method = "prices of the linear relaxation over all groups, KV links relaxed"
            + (context.Serving.IsUniform ? "" : "; orders relaxed, because layers or links differ");
    }

    public double RequestsPerSecond { get; }

    public string Method { get; }

    public IReadOnlyList<IReadOnlyList<GroupPlan>> Candidates { get; }

    private sealed record Relaxation(double[] DevicePrices, double PrefillWorth, double DecodeWorth, (CoverColumn Column, double Amount)[] Solution);

    /// <summary>Rows: one a type, then prefill and decode. Column 0 is R = min(P, D), kept at or below both.</summary>
    private Relaxation Relax(int[] counts, double fixedPrefill, double fixedDecode, int maxRounds, double step)
    {
        var types = _pricer.TypeCount;
        var programme = new PackingSimplex([.. counts.Select(count => (double)count), fixedPrefill, fixedDecode]);
        programme.Add(1, [(types, 1), (types + 1, 1)]);
        var columns = new List<CoverColumn>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (column, _) in _pool.Values)
            AddTo(programme, column, counts, columns, known);

        double[] prices;
        (double Prefill, double Decode) worth;
        for (var round = 0; ; round++)
        {
            programme.Solve(_context.CancellationToken);
            (prices, worth) = Duals(programme.Prices, types);
            if (round >= maxRounds)
                break;
            // Small groups are priced at a glance; the others only when no small one is worth more than it costs.
            var added = Add(_small.Collect(prices, role => Worth(role, worth), counts, MaxSmallColumns, IsWanted));
            if (added > 0)
                round--;
            else
                added = Add(_pricer.Collect(prices, role => Worth(role, worth), counts, step, _context.Threads));
            if (added == 0)
                break;
        }
        int Add(List<CoverColumn> found) => found.Count(column => AddTo(programme, column, counts, columns, known));

        var amounts = programme.Solution();
        return new Relaxation(prices, worth.Prefill, worth.Decode, [.. columns.Select((column, index) => (column, amounts[index + 1]))]);
    }

    private bool AddTo(PackingSimplex programme, CoverColumn column, int[] counts, List<CoverColumn> columns, HashSet<string> known)
    {
        if (known.Contains(column.Key) || !IsWanted(column.Role, column.Counts, Rate(column)) || Array.Exists(column.Counts, entry => entry.Count > counts[entry.Type]) || Rate(column) is not > 0)
            return false;
        known.Add(column.Key);
        columns.Add(column);
        var rate = Rate(column);
        var types = _pricer.TypeCount;
        var entries = column.Counts.Select(entry => (entry.Type, (double)entry.Count));
        if (column.Role == ReplicaRole.Mixed)
            programme.Add(rate, [.. entries]);
        else
            programme.Add(0, [.. entries, (column.Role == ReplicaRole.Prefill ? types : types + 1, -rate)]);
        return true;
    }

    private bool IsWanted(ReplicaRole role, (int Type, int Count)[] counts, double rate)
    {
        if (!_isCautious || role == ReplicaRole.Mixed)
            return true;
        var serving = _context.Serving;
        return !Array.Exists(counts, entry => _isNamed[entry.Type])
            && (role == ReplicaRole.Decoder || rate * serving.KvPromptBytes[^1] <= serving.Fleet.DefaultLink.BandwidthBytesPerSecond);
    }

    private double Rate(CoverColumn column)
    {
        if (!_pool.TryGetValue(column.Key, out var entry))
            _pool[column.Key] = entry = (column, _context.Groups.Best(Devices(column, Free()), column.Role)?.RequestsPerSecond ?? 0);
        return entry.Rate;
    }

    private static (double[] Prices, (double Prefill, double Decode) Worth) Duals(double[] duals, int types)
    {
        var prices = duals[..types];
        // A free device would make any small excess an infinite ratio: a thousandth of the mean price is added.
        var floor = 1e-3 * prices.Sum(price => Math.Max(0, price)) / types + 1e-12;
        for (var type = 0; type < types; type++)
            prices[type] = Math.Max(0, prices[type]) + floor;
        var (prefill, decode) = (Math.Max(0, duals[types]), Math.Max(0, duals[types + 1]));
        var sum = prefill + decode;
        return (prices, sum > 0 ? (prefill / sum, decode / sum) : (0.5, 0.5));
    }

    private static double Worth(ReplicaRole role, (double Prefill, double Decode) worth) => role switch
    {
        ReplicaRole.Prefill => worth.Prefill,
        ReplicaRole.Decoder => worth.Decode,
        _ => 1,
    };

    private double Prove(Relaxation relaxation)
    {
        double WorthOf(ReplicaRole role) => Worth(role, (relaxation.PrefillWorth, relaxation.DecodeWorth));
        // The groups that are known have nearly the highest ratio.
        var known = _pool.Values
            .Select(entry => WorthOf(entry.Column.Role) * entry.Rate / entry.Column.Counts.Sum(count => count.Count * relaxation.DevicePrices[count.Type]))
            .Append(_small.MostRatio(relaxation.DevicePrices, WorthOf))
            .Max();
        var ratio = _pricer.MostRatio(relaxation.DevicePrices, WorthOf, _pricer.Counts, FineStep, known, _context.Threads);
        var fleet = 0.0;
        for (var type = 0; type < _pricer.TypeCount; type++)
            fleet += _pricer.Counts[type] * relaxation.DevicePrices[type];
        return fleet * ratio * (1 + 1e-9);
    }

    /// <summary>Fixes the whole part of the relaxation, or its largest fraction, and solves again for the devices that are left.</summary>
    /// <param name="prefillFirst">
    /// Whether a PREFILL group comes before all else: where a fraction of one is enough for all DECODER groups, it would come last, and find nothing left.
    /// </param>
    private List<GroupPlan> Round(bool prefillFirst)
    {
        var (groups, free) = (new List<GroupPlan>(), Free());
        var (prefill, decode) = (0.0, 0.0);
        while (true)
        {
            int[] counts = [.. free.Select(devices => devices.Count)];
            var solution = Relax(counts, prefill, decode, maxRounds: 3, CoarseStep).Solution.Where(entry => entry.Amount > 1e-6).ToArray();
            if (solution.Length == 0)
                return groups;
            var prompts = solution.Where(entry => prefillFirst && prefill == 0 && entry.Column.Role == ReplicaRole.Prefill).ToArray();
            var whole = prompts.Length > 0
                ? [prompts.MaxBy(entry => entry.Amount)]
                : solution.Where(entry => entry.Amount >= 1 - 1e-6).ToArray();
            foreach (var (column, amount) in whole.Length > 0 ? whole : [solution.MaxBy(entry => entry.Amount)])
            {
                for (var copy = Math.Max(1, (int)(amount + 1e-6)); copy > 0; copy--)
                {
                    if (Array.Exists(column.Counts, entry => entry.Count > free[entry.Type].Count))
                        break;
                    var group = _context.Groups.Best(Devices(column, free), column.Role)!;
                    groups.Add(group);
                    foreach (var (type, count) in column.Counts)
                        free[type].RemoveRange(0, count);
                    prefill += column.Role == ReplicaRole.Prefill ? group.RequestsPerSecond : 0;
                    decode += column.Role == ReplicaRole.Decoder ? group.RequestsPerSecond : 0;
                }
            }
        }
    }

    private static int[] Devices(CoverColumn column, List<int>[] free) =>
        [.. column.Counts.SelectMany(entry => free[entry.Type].Take(entry.Count))];

    private List<int>[] Free()
    {
        var free = new List<int>[_context.Serving.DeviceTypes.Max() + 1];
        for (var type = 0; type < free.Length; type++)
            free[type] = [];
        for (var device = 0; device < _context.Serving.DeviceTypes.Length; device++)
            free[_context.Serving.DeviceTypes[device]].Add(device);
        return free;
    }
}
