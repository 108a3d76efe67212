using System.Collections.Concurrent;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;

namespace E2LLM.Planning.Costs;

/// <summary>A plan request as the cost model sees it: what one mean request costs in every role, and how many layers every device can hold.</summary>
public sealed class ServingCosts
{
    private readonly SizeTree[] _trees;
    private readonly ConcurrentDictionary<(ReplicaRole Role, int Sequences, EngineChoice Choice), RoleCosts> _bySize = new();

    public ServingCosts(PlanRequest request)
    {
        Fleet = new FleetCosts(request);
        var engine = request.Engine;
        Workload = WorkloadOf(request);
        ChunkTokens = Math.Min(engine.MaxStepTokens, Workload.MeanInputTokens);
        ChunksPerPrompt = Workload.MeanInputTokens / ChunkTokens;
        DecodeSteps = Math.Max(1, Workload.MeanOutputTokens - 1);
        ContextTokens = Workload.MeanInputTokens + Workload.MeanOutputTokens / 2;
        KvPromptBytes = KvPrefix(Fleet, Workload.MeanInputTokens);
        SentBytesPerSecond = [.. Enumerable.Range(0, Fleet.DeviceCount).Select(device => Fleet.BestBandwidth(device, sends: true))];
        ReceivedBytesPerSecond = [.. Enumerable.Range(0, Fleet.DeviceCount).Select(device => Fleet.BestBandwidth(device, sends: false))];
        Choices =
        [
            .. EngineChoice.SettingsOf(request)
                .OrderBy(settings => settings.KvType == engine.KvType ? 0 : 1).ThenBy(settings => settings.KvType).ThenBy(settings => settings.KvCells).ThenBy(settings => settings.MaxSequences)
                .Select(settings => new EngineChoice(Fleet, settings, MaxConcurrency, KvPromptBytes)),
        ];
        Capacities = LayerCapacities.Most(Choices.Select(choice => choice.Capacities));
        DeviceTypes = DeviceTyping.Types(Fleet, byLinks: true);
        DeviceKinds = Fleet.HasUniformLinks ? DeviceTypes : DeviceTyping.Types(Fleet, byLinks: false);
        Prefill = [OfSize(ReplicaRole.Prefill, 1, ChoicesOf(ReplicaRole.Prefill).First())];
        Decoder = Sizes(ReplicaRole.Decoder);
        Mixed = Sizes(ReplicaRole.Mixed);
        _trees = [.. Enum.GetValues<ReplicaRole>().Select(role => SizeTree.Of(this, Of(role)))];
    }

    /// <summary>The workload of a request, or what stands for one that has none.</summary>
    public static WorkloadSpec WorkloadOf(PlanRequest request) => request.Workload ?? new WorkloadSpec
    {
        Name = "default",
        RequestsPerSecond = 1,
        MeanInputTokens = Math.Max(1, Math.Min(request.Engine.MaxSequenceTokens, request.Engine.KvCells) / 2),
        MeanOutputTokens = Math.Max(1, Math.Min(request.Engine.MaxSequenceTokens, request.Engine.KvCells) / 2),
    };

    public FleetCosts Fleet { get; }

    public WorkloadSpec Workload { get; }

    /// <summary>Tokens of a prefill chunk: the engine's step limit, or a whole mean prompt.</summary>
    public double ChunkTokens { get; }

    /// <summary>Chunks of a mean prompt; not a whole number, because a chunk may hold the end of one prompt and the start of the next.</summary>
    public double ChunksPerPrompt { get; }

    /// <summary>Decode steps of a mean answer: prefill gives its first token.</summary>
    public double DecodeSteps { get; }

    /// <summary>Tokens in the cache of a sequence that is half done.</summary>
    public double ContextTokens { get; }

    /// <summary>The engine settings that a replica may have: the request's own KV type first, then by cells.</summary>
    public EngineChoice[] Choices { get; }

    public double MinimumTokensPerSecond => Fleet.Request.MinimumTokensPerSecond;

    /// <summary>The most layers of each device with any of the <see cref="Choices"/>.</summary>
    public LayerCapacities Capacities { get; }

    public RoleCosts[] Prefill { get; }

    /// <summary>Prefix sums [layers + 1] of the bytes of a mean prompt's KV cache.</summary>
    public double[] KvPromptBytes { get; }

    /// <summary>The best bandwidth of any link from each device: what its interface is taken to send.</summary>
    internal double[] SentBytesPerSecond { get; }

    /// <summary>The best bandwidth of any link to each device.</summary>
    internal double[] ReceivedBytesPerSecond { get; }

    /// <summary>By engine choice and micro-batch size, ascending, without those that are better for no group than another one.</summary>
    public RoleCosts[] Decoder { get; }

    /// <summary>As <see cref="Decoder"/>.</summary>
    public RoleCosts[] Mixed { get; }

    /// <summary>Devices with the same number are alike in every figure, and so interchangeable in a plan.</summary>
    public int[] DeviceTypes { get; }

    /// <summary>Devices with the same number are alike in every figure but their named links.</summary>
    internal int[] DeviceKinds { get; }

    /// <summary>Whether neither layers nor links differ, so that the order of the devices inside a group does not matter.</summary>
    public bool IsUniform => Fleet.HasUniformLinks && Capacities.HasEqualLayers;

    public RoleCosts[] Of(ReplicaRole role) => role switch
    {
        ReplicaRole.Prefill => Prefill,
        ReplicaRole.Decoder => Decoder,
        _ => Mixed,
    };

    internal SizeTree Tree(ReplicaRole role) => _trees[(int)role];

    /// <summary>The costs with micro-batches of so many sequences, whether that is a good size or not.</summary>
    /// <param name="role">What a group does.</param>
    /// <param name="microBatchSequences">1 to <see cref="EngineChoice.MaxConcurrency"/>.</param>
    /// <param name="choice">One of <see cref="ChoicesOf"/> the role.</param>
    public RoleCosts OfSize(ReplicaRole role, int microBatchSequences, EngineChoice choice) =>
        _bySize.GetOrAdd((role, microBatchSequences, choice), key => new RoleCosts(this, key.Role, key.Sequences, key.Choice));

    /// <summary>What a group of a role may have.</summary>
    /// <remarks>
    /// A PREFILL holds a prompt and those that wait for their hand-off: more cells than the fewest make it no faster, and it gets them where they are needed and its
    /// memory has room (PrefillSlots). A KV cache that is handed over has one type on both sides.
    /// </remarks>
    public IEnumerable<EngineChoice> ChoicesOf(ReplicaRole role)
    {
        var own = Choices.Where(choice => choice.InOwnType is null);
        return role switch
        {
            ReplicaRole.Prefill => own.Take(1),
            ReplicaRole.Decoder => own,
            _ => Choices,
        };
    }

    /// <summary>The choices for a replica of a finished plan, the likeliest first: its own settings, then the fewest cells that hold its sequences.</summary>
    public IEnumerable<EngineChoice> ChoicesFor(ReplicaPlan replica) => ChoicesOf(replica.Role)
        .OrderBy(choice => choice.Settings == replica.Engine ? 0 : choice.MaxConcurrency >= replica.DecodeConcurrency ? 1 : 2)
        .ThenBy(choice => choice.MaxConcurrency >= replica.DecodeConcurrency ? 0 : -choice.MaxConcurrency);

    /// <summary>The longest request time at which a sequence still gets its tokens at the minimum speed.</summary>
    /// <remarks>At the rate 1 / s with c sequences in flight each of them takes c * s for its decode steps (Little's law).</remarks>
    public double MaxRequestSeconds(RoleCosts costs, int microBatches) => MinimumTokensPerSecond == 0 || costs.Role == ReplicaRole.Prefill
        ? double.PositiveInfinity
        : DecodeSteps / (MinimumTokensPerSecond * costs.MicroBatchSequences * microBatches);

    // Where every device holds as many layers in the request's own KV type, no group may have another.
    private static bool IsOpenToAny(EngineChoice choice, int[] devices) =>
        Array.Exists(devices, device => choice.Capacities.Inner[device] > 0 || choice.Capacities.Only[device])
        && choice.InOwnType?.HoldsNoLessThan(choice.Capacities, devices) != true;

    private int MaxConcurrency(EngineSettings engine) => (int)Math.Clamp(
        Math.Floor(engine.KvCells / (Workload.MeanInputTokens + Workload.MeanOutputTokens)), 1, engine.MaxSequences);

    private static double[] KvPrefix(FleetCosts fleet, double promptTokens)
    {
        var model = fleet.Model;
        var ofLayers = new double[model.LayerCount];
        for (var layer = 0; layer < model.LayerCount; layer++)
        {
            var window = model.LayerWindowTokens.IsDefaultOrEmpty ? 0 : model.LayerWindowTokens[layer];
            var tokens = window == 0 ? promptTokens : Math.Min(window, promptTokens);
            ofLayers[layer] = tokens * StageMemory.KvBytes(model.LayerKvBytesPerToken[layer], fleet.Request.Engine.KvType);
        }
        var prefix = new double[fleet.LayerCount + 1];
        foreach (var (unit, bytes) in fleet.Units.Sums(ofLayers).Index())
            prefix[unit + 1] = prefix[unit] + bytes;
        return prefix;
    }

    /// <remarks>
    /// With c sequences in m micro-batches, c / m of them in each, the largest size for each m is mostly enough: a call's time grows slower than its
    /// rows. With a minimum speed it is not, because more sequences make each of them slower.
    /// </remarks>
    private RoleCosts[] Sizes(ReplicaRole role)
    {
        int[] devices = [.. Enumerable.Range(0, DeviceTypes.Length).DistinctBy(device => DeviceTypes[device])];
        EngineChoice[] open = [.. ChoicesOf(role).Where(choice => IsOpenToAny(choice, devices))];
        // Of a fleet that holds nothing there must be something to say no to.
        var choices = open.Length > 0 ? open : ChoicesOf(role).Take(1);
        RoleCosts[] all = [.. choices.SelectMany(choice => Enumerable.Range(1, choice.MaxConcurrency).Select(size => OfSize(role, size, choice)))];
        var kept = new HashSet<RoleCosts>();
        // The largest sizes and the most cells first: they leave out the most. No size is left out for one of another KV type than the request's own.
        foreach (var costs in all.Reverse().OrderBy(costs => costs.Choice.InOwnType is null ? 0 : 1))
            if (!kept.Any(better => MinimumTokensPerSecond > 0 ? costs.IsNoBetterAtAnySpeedThan(better, devices) : costs.IsNoBetterThan(better, devices)))
                kept.Add(costs);
        return [.. all.Where(kept.Contains)];
    }
}
