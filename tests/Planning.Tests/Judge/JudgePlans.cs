using E2LLM.Core.Plans;

namespace E2LLM.Planning.Tests.Judge;

/// <summary>Every group and every plan of a small fleet: all subsets, orders, cuts, roles, engine settings and micro-batch sizes, all devices that may be left out.</summary>
internal sealed class JudgePlans
{
    // Of the layouts of a group that sends or receives KV, those whose rate is highest; others are looked at only where those are all alike.
    private const int MaxLayouts = 40;
    private const int MaxCombinations = 4000;

    private static readonly ReplicaRole[] Roles = Enum.GetValues<ReplicaRole>();

    private readonly JudgeModel _model;
    private readonly List<JudgeGroup>[,] _groups;
    private readonly List<List<JudgeGroup>> _chosen = [];
    private readonly Dictionary<(int Devices, ReplicaRole Role, EngineSettings Engine), bool> _mayHave = [];

    public JudgePlans(JudgeModel model)
    {
        _model = model;
        _groups = new List<JudgeGroup>[1 << model.Devices, Roles.Length];
        for (var set = 1; set < 1 << model.Devices; set++)
            foreach (var role in Roles)
                _groups[set, (int)role] = [];
        Layouts(0, 0, []);
        foreach (var groups in _groups)
            groups?.Sort((left, right) => left.Seconds.CompareTo(right.Seconds));
        Search((1 << model.Devices) - 1);
    }

    /// <summary>Requests per second of the best plan; 0 where there is none.</summary>
    public double BestCapacity { get; private set; }

    /// <summary>A plan that reaches it.</summary>
    public IReadOnlyList<JudgeGroup> Best { get; private set; } = [];

    private void Layouts(int used, int first, List<(int Device, int EndLayer)> stages)
    {
        if (first == _model.Layers)
        {
            (int, int)[] layout = [.. stages];
            foreach (var role in Roles)
                foreach (var engine in _model.Engines.Where(engine => Fits(layout, engine) && MayHave(used, role, engine)))
                    for (var sequences = 1; sequences <= (role == ReplicaRole.Prefill ? 1 : _model.MaxSequences(engine)); sequences++)
                        if (_model.Seconds(layout, role, engine, sequences) is var seconds && double.IsFinite(seconds))
                            Keep(_groups[used, (int)role], new JudgeGroup(role, layout, engine, sequences, seconds));
            return;
        }
        for (var device = 0; device < _model.Devices; device++)
        {
            if ((used >> device & 1) != 0)
                continue;
            for (var end = Math.Min(first + _model.CutPeriod, _model.Layers); ; end = Math.Min(end + _model.CutPeriod, _model.Layers))
            {
                if (Array.Exists(_model.Engines, engine => _model.Fits(device, first, end, engine)))
                {
                    stages.Add((device, end));
                    Layouts(used | 1 << device, end, stages);
                    stages.RemoveAt(stages.Count - 1);
                }
                if (end == _model.Layers)
                    break;
            }
        }
    }

    private bool Fits((int Device, int EndLayer)[] layout, EngineSettings engine)
    {
        for (int stage = 0, first = 0; stage < layout.Length; first = layout[stage++].EndLayer)
            if (!_model.Fits(layout[stage].Device, first, layout[stage].EndLayer, engine))
                return false;
        return true;
    }

    private bool MayHave(int used, ReplicaRole role, EngineSettings engine)
    {
        if (!_mayHave.TryGetValue((used, role, engine), out var may))
            _mayHave[(used, role, engine)] = may = _model.MayHave([.. Enumerable.Range(0, _model.Devices).Where(device => (used >> device & 1) != 0)], role, engine);
        return may;
    }

    private static void Keep(List<JudgeGroup> groups, JudgeGroup group)
    {
        // A MIXED group sends nothing: only its rate counts.
        if (group.Role != ReplicaRole.Mixed || groups.Count == 0)
            groups.Add(group);
        else if (group.Seconds < groups[0].Seconds)
            groups[0] = group;
    }

    private void Search(int free)
    {
        if (free == 0)
        {
            Compare();
            return;
        }
        var lowest = free & -free;
        Search(free ^ lowest);
        for (var others = free ^ lowest; ; others = (others - 1) & (free ^ lowest))
        {
            foreach (var role in Roles)
                if (_groups[lowest | others, (int)role] is { Count: > 0 } groups)
                {
                    _chosen.Add(groups);
                    Search(free ^ lowest ^ others);
                    _chosen.RemoveAt(_chosen.Count - 1);
                }
            if (others == 0)
                return;
        }
    }

    private void Compare()
    {
        double Most(ReplicaRole role) => _chosen.Where(groups => groups[0].Role == role).Sum(groups => groups[0].Rate);
        var (prefill, decode, mixed) = (Most(ReplicaRole.Prefill), Most(ReplicaRole.Decoder), Most(ReplicaRole.Mixed));
        // Links only take away from this.
        if (prefill > 0 != decode > 0 || Math.Min(prefill, decode) + mixed <= BestCapacity)
            return;
        Combine([], MaxCombinations);
    }

    private int Combine(List<JudgeGroup> picked, int left)
    {
        if (picked.Count == _chosen.Count)
        {
            if (_model.Capacity(picked) is var capacity && capacity > BestCapacity)
                (BestCapacity, Best) = (capacity, picked.ToArray());
            return left - 1;
        }
        foreach (var group in _chosen[picked.Count].Take(MaxLayouts))
        {
            if (left <= 0)
                break;
            left = Combine([.. picked, group], left);
        }
        return left;
    }
}
