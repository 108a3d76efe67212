using E2LLM.Core.Plans;
using E2LLM.Planning.Certificates;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Exact;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.Search;

/// <summary>What the planners of one request share: prices, remembered groups, the exact optimum where the fleet is small, and bounds.</summary>
/// <remarks>Tables and bounds are made when they are first asked for, once. Thread-safe.</remarks>
public sealed class PlanningContext
{
    /// <summary>Plans that enumeration may look at: about a second's worth.</summary>
    private const long MaxEnumeratedPlans = 600_000;

    /// <summary>Devices up to which the best group of every subset is tabulated.</summary>
    private const int MaxTableDevices = 10;

    private readonly Lazy<GroupTable?> _table;
    private readonly Lazy<(GroupPlan[] Groups, PlanFigures Figures)>[] _optimum;
    private readonly Lazy<LinkedEnumeration> _linked;
    private readonly Lazy<double> _relaxedCapacity;
    private readonly Lazy<ICapacityBound> _capacityBound;
    private readonly Lazy<(PlanObjective Objective, string? Reason)> _objective;

    /// <param name="request">What is to be planned.</param>
    /// <param name="cancellationToken">Ends every search.</param>
    /// <param name="progress">Told what the search is at, for people; from any thread. The plan does not depend on it.</param>
    /// <exception cref="Core.Errors.PlanningException">The request makes no sense: names the keys at fault.</exception>
    public PlanningContext(PlanRequest request, CancellationToken cancellationToken, IProgress<string>? progress = null)
    {
        PlanRequestCheck.ThrowIfInvalid(request);
        Request = request;
        CancellationToken = cancellationToken;
        Progress = progress;
        Threads = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = request.MaxThreads };
        Serving = new ServingCosts(request);
        Groups = new GroupPlanner(Serving);
        Evaluator = new PlanEvaluator(Serving);
        _table = new(MakeTable);
        _objective = new(ChooseObjective);
        _optimum = [.. Enum.GetValues<PlanObjective>().Select(objective => new Lazy<(GroupPlan[], PlanFigures)>(() =>
            PlanEnumeration.Best(_table.Value!, Evaluator, objective, CancellationToken)))];
        _linked = new(() => new LinkedEnumeration(
            _table.Value!, Groups, Evaluator, PlanEnumeration.Best(_table.Value!, Evaluator, PlanObjective.Capacity, CancellationToken).Groups, CancellationToken));
        _optimum[(int)PlanObjective.Capacity] = new(() => (_linked.Value.Groups, _linked.Value.Groups.Length == 0 ? PlanFigures.Infeasible : Evaluator.Evaluate(_linked.Value.Groups)));
        _relaxedCapacity = new(() => PlanEnumeration.RelaxedCapacity(_table.Value!, Evaluator, CancellationToken));
        _capacityBound = new(() =>
        {
            Progress?.Report("bounding the capacity");
            return CapacityBounds.For(this);
        });
    }

    /// <summary>The same request with its own engine settings alone.</summary>
    internal PlanningContext Alone() => new(Request with { EngineChoices = [], Objective = Objective }, CancellationToken, Progress);

    public PlanRequest Request { get; }

    public CancellationToken CancellationToken { get; }

    internal IProgress<string>? Progress { get; }

    /// <summary>How the searches run in parallel.</summary>
    internal ParallelOptions Threads { get; }

    public ServingCosts Serving { get; }

    public GroupPlanner Groups { get; }

    public PlanEvaluator Evaluator { get; }

    /// <summary>The request's; of <see cref="PlanObjective.Auto"/> what it comes to for this fleet and load.</summary>
    public PlanObjective Objective => _objective.Value.Objective;

    /// <summary>Why <see cref="Objective"/> is that; null where the request says so.</summary>
    internal string? ObjectiveReason => _objective.Value.Reason;

    /// <summary>Whether every choice of groups and roles can be looked at, each group at the highest rate that was found.</summary>
    public bool IsEnumerable => _table.Value is not null;

    /// <summary>
    /// The best plan of all with groups at their highest rate, and by capacity of those with any orders and cuts, as far as they could be looked
    /// at; only where <see cref="IsEnumerable"/>.
    /// </summary>
    internal (GroupPlan[] Groups, PlanFigures Figures) Optimum(PlanObjective objective) => _optimum[(int)objective].Value;

    /// <summary>Whether no plan has more capacity than <see cref="Optimum"/>; only where <see cref="IsEnumerable"/>.</summary>
    internal bool IsCapacityExact => _linked.Value.IsWhole;

    /// <summary>The highest min(P, D) + M of all plans; only where <see cref="IsEnumerable"/>.</summary>
    internal double RelaxedCapacity => _relaxedCapacity.Value;

    internal ICapacityBound CapacityBound => _capacityBound.Value;

    /// <summary>Where the fleet carries the load with a margin, people feel the time to the last token; above, how many are served in time at all.</summary>
    private (PlanObjective Objective, string? Reason) ChooseObjective()
    {
        if (Request.Objective != PlanObjective.Auto)
            return (Request.Objective, null);
        var rate = Serving.Workload.RequestsPerSecond;
        var most = MostSustained();
        var objective = most >= PlanFigures.LoadMargin * rate || most == 0 ? PlanObjective.Latency : PlanObjective.Goodput;
        return (objective, FormattableString.Invariant(
            $"objective {objective.ToString().ToLowerInvariant()}, by the load: {rate:G3} requests/s arrive, {(most > 0 ? 100 * rate / most : 0):0} % of the {most:G3} that the fleet sustains; ")
            + FormattableString.Invariant($"up to {100 / PlanFigures.LoadMargin:0} % plans are made for latency, above for goodput"));
    }

    private double MostSustained()
    {
        if (IsEnumerable)
            return Optimum(PlanObjective.Capacity).Figures.SustainedPerSecond;
        return CapacityBound.Candidates.Select(groups => Reachability.Repair(this, groups))
            .Where(groups => groups.Count > 0)
            .Select(groups => Evaluator.Evaluate([.. groups]).SustainedPerSecond)
            .DefaultIfEmpty(0)
            .Max();
    }

    private GroupTable? MakeTable()
    {
        if (Serving.Fleet.DeviceCount > MaxTableDevices)
            return null;
        var table = new GroupTable(Groups, Threads);
        return PlanEnumeration.IsSmall(table, Evaluator, MaxEnumeratedPlans, CancellationToken) ? table : null;
    }
}
