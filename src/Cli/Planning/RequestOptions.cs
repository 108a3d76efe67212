using System.CommandLine;
using E2LLM.Core.Plans;
using E2LLM.Inference.Runtimes;
using E2LLM.Planning;

namespace E2LLM.Cli.Planning;

/// <summary>What is planned, with which planners: the options that <c>e2llm plan</c> and <c>e2llm simulate</c> share.</summary>
internal sealed class RequestOptions
{
    private const string AllPlanners = "all";
    private const string AutoKvType = "auto";

    private readonly Option<string?> _fleet = new("--fleet") { Description = "Fleet file, or the name of a preset (--list)." };
    private readonly Option<string?> _model = new("--model") { Description = "GGUF file, or the name of a shape (--list)." };
    private readonly Option<string?> _workload = new("--workload")
    {
        Description = "Name of a preset (--list), a CSV trace (TIMESTAMP, ContextTokens, GeneratedTokens), or mean tokens in and out: 576/588.",
    };

    private readonly Option<string> _objective = new("--objective")
    {
        Description = "latency: least mean time from arrival to last token at the rate; goodput: highest rate at which the --slo targets hold for nine of ten requests; "
            + "wait: least predicted mean wait; capacity: highest sustainable rate; auto: latency where the fleet carries the rate with ease, goodput above.",
        DefaultValueFactory = _ => "auto",
    };

    private readonly Option<double> _ttft = Target("--slo-ttft-ms", 1e3 * new ServiceTargets().TtftSeconds, "Target of goodput: time to first token, above 0.");
    private readonly Option<double> _tpot = Target("--slo-tpot-ms", 1e3 * new ServiceTargets().TpotSeconds, "Target of goodput: time per output token after the first, above 0.");

    private readonly Option<string> _planner = new("--planner")
    {
        Description = "Name of a planner (--list), several separated by commas, or 'all': side by side.",
        DefaultValueFactory = _ => "e2llm",
    };

    private readonly Option<int> _seed = new("--seed") { Description = "Same seed, same plan.", DefaultValueFactory = _ => 1 };

    private readonly Option<double> _minimumSpeed = new("--min-tokens-per-second")
    {
        Description = "Slowest speed at which a reader may get tokens. 0 sets no limit.",
    };

    private readonly Option<bool> _trustedEnds = new("--trusted-ends")
    {
        Description = "First and last layers on devices alone that the fleet file calls trusted: the others see no tokens, only hidden states.",
    };

    private readonly Option<int?> _kvCells = new("--kv-cells") { Description = "Tokens in a replica's KV cache. Default: what its sequences take, if they are mean requests." };
    private readonly Option<int?> _maxSequences = new("--max-sequences") { Description = "Sequences of a replica at once, 1 to 255. Default: the plan's choice for each replica, by its memory." };
    private readonly Option<int?> _maxStepTokens = new("--max-step-tokens") { Description = "Rows of a step, and so of a prefill chunk, 1 to 8192. Default: a mean prompt, 512 at most." };
    private readonly Option<int?> _maxSequenceTokens = new("--max-sequence-tokens") { Description = "Longest request, prompt and answer. Default: four mean requests, within the model's context." };

    private readonly Option<string> _kvType = new("--kv-type")
    {
        Description = "Entries of the KV cache: f32, f16, q8_0, or auto: f16, and q8_0 where a MIXED replica's memory holds more sequences with it.",
        DefaultValueFactory = _ => AutoKvType,
    };

    private readonly Option<string> _runtime = new("--runtime")
    {
        Description = "Runtime that is to run the plan: some cannot cut models with a sliding window everywhere.",
        DefaultValueFactory = _ => new LlamaLibraryOptions().Runtime,
    };

    private readonly Option<string?> _bandwidth = new("--bandwidth") { Description = "Of every link between two devices, such as '30 MB/s' or '2.5 Gbit/s'. Default: as the fleet's file or preset says." };
    private readonly Option<string?> _profiles = new("--profiles") { Description = "Measured profiles: a file that 'e2llm demo --json' wrote. Default: derived from the device presets." };

    private readonly Option<string> _like = new("--like")
    {
        Description = "Device preset for which a device is taken whose description names none; its slowdown factor counts.",
        DefaultValueFactory = _ => PlanSettings.DefaultReferenceDevice,
    };

    public RequestOptions()
    {
        _objective.AcceptOnlyFromAmong("auto", "latency", "goodput", "wait", "capacity");
        _kvType.AcceptOnlyFromAmong("f32", "f16", "q8_0", AutoKvType);
    }

    /// <summary>What there is nothing to plan without; the workload may come from elsewhere.</summary>
    public IReadOnlyList<Option<string?>> Subject => [_fleet, _model, _workload];

    public IReadOnlyList<Option> Others =>
    [
        _objective, _ttft, _tpot, _planner, _seed, _minimumSpeed, _trustedEnds, _kvCells, _maxSequences, _maxStepTokens, _maxSequenceTokens, _kvType, _runtime, _bandwidth, _profiles, _like,
    ];

    /// <param name="arguments">As they were parsed.</param>
    /// <param name="workload">Instead of that of the option.</param>
    public PlanSettings Settings(ParseResult arguments, string? workload = null) => new()
    {
        Fleet = arguments.GetValue(_fleet)!,
        Model = arguments.GetValue(_model)!,
        Workload = workload ?? arguments.GetValue(_workload)!,
        Objective = Enum.Parse<PlanObjective>(arguments.GetValue(_objective)!, ignoreCase: true),
        Targets = new ServiceTargets { TtftSeconds = arguments.GetValue(_ttft) / 1e3, TpotSeconds = arguments.GetValue(_tpot) / 1e3 },
        Planners = Planners(arguments.GetValue(_planner)!),
        Seed = arguments.GetValue(_seed),
        MinimumTokensPerSecond = arguments.GetValue(_minimumSpeed),
        TrustedEnds = arguments.GetValue(_trustedEnds),
        KvCells = arguments.GetValue(_kvCells),
        MaxSequences = arguments.GetValue(_maxSequences),
        MaxStepTokens = arguments.GetValue(_maxStepTokens),
        MaxSequenceTokens = arguments.GetValue(_maxSequenceTokens),
        KvType = arguments.GetValue(_kvType) is AutoKvType ? null : Enum.Parse<KvCacheType>(arguments.GetValue(_kvType)!, ignoreCase: true),
        Runtime = arguments.GetValue(_runtime)!,
        Bandwidth = arguments.GetValue(_bandwidth),
        Profiles = arguments.GetValue(_profiles),
        ReferenceDevice = arguments.GetValue(_like)!,
    };

    private static Option<double> Target(string name, double milliseconds, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => milliseconds,
    };

    private static IReadOnlyList<string> Planners(string text) => text == AllPlanners
        ? ["e2llm", .. PlannerRegistry.Names.Except(["e2llm"])]
        : [.. text.Split(',', StringSplitOptions.TrimEntries).Distinct()];
}
