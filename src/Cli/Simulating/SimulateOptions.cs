using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using E2LLM.Cli.Planning;
using E2LLM.Cli.Simulating.Inputs;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Churn;

namespace E2LLM.Cli.Simulating;

/// <summary>The options of <c>e2llm simulate</c>.</summary>
internal sealed class SimulateOptions
{
    private const int MaxRates = 20;
    private const int MaxSeeds = 100;
    private const int MaxRequests = 1_000_000;
    private const double MaxRate = 1e6;

    private readonly RequestOptions _request = new();
    private readonly Option<string?> _trace = new("--trace")
    {
        Description = "A CSV trace (TIMESTAMP, ContextTokens, GeneratedTokens) instead of --workload: replayed as it is; with --seeds above 1 or --gaps its pairs of lengths are drawn from.",
    };

    private readonly Option<double> _rateScale = new("--rate-scale")
    {
        Description = "Divides the trace's gaps by this, above 0 to 1,000,000; lengths stay.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double?> _rate = new("--rate") { Description = "Requests that arrive in a second. Default: the workload's or trace's." };
    private readonly Option<string?> _rates = new("--rates") { Description = $"Several rates, separated by commas, {MaxRates} at most: each is planned for and simulated." };
    private readonly Option<string?> _gaps = new("--gaps")
    {
        Description = "Gaps between arrivals: fixed, poisson, or gamma. Default: gamma, as variable as the workload's or trace's (Poisson for mean lengths).",
    };

    private readonly Option<double?> _burstiness = new("--burstiness")
    {
        Description = "Shape of --gaps gamma, 0.0001 to 1,000: 1 is Poisson, below it burstier. Default: as the workload or trace.",
    };

    private readonly Option<int?> _requests = new("--requests")
    {
        Description = "Requests of a run, 1 to 1,000,000, the first of them in an idle fleet; also what is planned for. Default: the workload's horizon, 1,000 at most; the whole of a trace that is replayed.",
    };

    private readonly Option<int?> _seeds = new("--seeds")
    {
        Description = $"Runs of each planner at each rate, 1 to {MaxSeeds}, with other requests each. Default: {SimulateSettings.DefaultSeeds}; 1 for a trace that is replayed.",
    };

    private readonly Option<string?> _routing = new("--routing") { Description = "Routing policy of all planners. Default: that of each planner's own system, or the best of those that suit it." };
    private readonly Option<string?> _leave = new("--leave") { Description = "Devices that are gone from a time on, and what they were at with them: device@seconds, separated by commas." };
    private readonly Option<string?> _join = new("--join") { Description = "Devices that have left and come back: device@seconds, separated by commas." };
    private readonly Option<string?> _slow = new("--slow") { Description = "Devices that take a factor as long from a time on: device@seconds:factor, separated by commas; 1 is as fast as ever." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON document instead of tables." };
    private readonly Option<string?> _csv = new("--csv") { Description = "Write a row for each planner and rate to this file; into a folder (or a name that ends in a slash) also the devices and every request." };
    private readonly Option<string?> _html = new("--html") { Description = "Write a page with tables and figures to this file." };
    private readonly Option<string?> _png = new("--png") { Description = "Write the figures as pictures into this folder." };
    private readonly Option<string?> _chromeTrace = new("--chrome-trace")
    {
        Description = "Write a timeline of the first planner's first run to this file, for chrome://tracing or Perfetto.",
    };

    public void AddTo(Command command)
    {
        OneOf(_gaps, [.. Enum.GetNames<GapPattern>().Select(name => name.ToLowerInvariant())]);
        OneOf(_routing, RoutingPolicies.Names);
        Within(_rateScale, 0, 1e6, "above 0 to 1,000,000");
        Within(_rate, 0, MaxRate, "above 0 to 1,000,000");
        Within(_burstiness, 0.0000999, 1000, "0.0001 to 1,000");
        Within(_requests, 0, MaxRequests, "1 to 1,000,000");
        Within(_seeds, 0, MaxSeeds, $"1 to {MaxSeeds}");
        _rates.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && ParseRates(text) is null)
                result.AddError($"--rates is '{text}', must be 1 to {MaxRates} different numbers above 0 to 1,000,000, separated by commas.");
        });
        foreach (var (option, kind) in FleetOptions)
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<string?>() is { } text && FleetEventText.Parse(text, kind) is null)
                    result.AddError($"{option.Name} is '{text}', must be {(kind == FleetEventKind.Slows ? "device@seconds:factor" : "device@seconds")}, or several, separated by commas.");
            });
        Option[] all =
        [
            .. _request.Subject, _trace, _rateScale, _rate, _rates, _gaps, _burstiness, _requests, _seeds, .. _request.Others, _routing, _leave, _join, _slow, _json, _csv, _html, _png, _chromeTrace,
        ];
        foreach (var option in all)
            command.Add(option);
        command.Validators.Add(CheckTogether);
    }

    public SimulateSettings Settings(ParseResult arguments)
    {
        var trace = arguments.GetValue(_trace);
        return new SimulateSettings
        {
            Plan = _request.Settings(arguments, trace),
            TracePath = trace,
            RateScale = arguments.GetValue(_rateScale),
            Rates = arguments.GetValue(_rate) is { } rate ? [rate] : ParseRates(arguments.GetValue(_rates) ?? "") ?? [],
            Gaps = arguments.GetValue(_gaps) is { } gaps ? Enum.Parse<GapPattern>(gaps, ignoreCase: true) : null,
            Burstiness = arguments.GetValue(_burstiness),
            Requests = arguments.GetValue(_requests),
            Seeds = arguments.GetValue(_seeds),
            RoutingPolicy = arguments.GetValue(_routing),
            FleetEvents = [.. FleetOptions.SelectMany(pair => FleetEventText.Parse(arguments.GetValue(pair.Option) ?? "", pair.Kind) ?? [])],
            AsJson = arguments.GetValue(_json),
            CsvPath = arguments.GetValue(_csv),
            HtmlPath = arguments.GetValue(_html),
            PngPath = arguments.GetValue(_png),
            ChromeTracePath = arguments.GetValue(_chromeTrace),
        };
    }

    private (Option<string?> Option, FleetEventKind Kind)[] FleetOptions => [(_leave, FleetEventKind.Leaves), (_join, FleetEventKind.Joins), (_slow, FleetEventKind.Slows)];

    private void CheckTogether(CommandResult result)
    {
        var (fleet, model, workload) = (_request.Subject[0], _request.Subject[1], _request.Subject[2]);
        foreach (var option in new[] { fleet, model })
            if (string.IsNullOrEmpty(result.GetValue(option)))
                result.AddError($"{option.Name} is required; e2llm plan --list shows the presets.");
        var hasTrace = IsGiven(_trace);
        if (IsGiven(workload) == hasTrace)
            result.AddError(hasTrace ? "--workload and --trace exclude each other." : "--workload or --trace is required; e2llm plan --list shows the presets.");
        if (IsGiven(_rate) && IsGiven(_rates))
            result.AddError("--rate and --rates exclude each other.");
        if (IsGiven(_rateScale) && !hasTrace)
            result.AddError("--rate-scale is of --trace.");
        if (IsGiven(_rateScale) && (IsGiven(_rate) || IsGiven(_rates)))
            result.AddError("--rate-scale and --rate or --rates exclude each other.");
        if (IsGiven(_burstiness) && result.GetValue(_gaps) != "gamma")
            result.AddError("--burstiness is of --gaps gamma.");
        // The timeline is one of a fleet that stays as it is.
        if (FleetOptions.Any(pair => IsGiven(pair.Option)))
            foreach (var output in new Option[] { _html, _png, _chromeTrace }.Where(IsGiven))
                result.AddError($"{output.Name} shows fleets that stay as they are: it and --leave, --join and --slow exclude each other.");

        bool IsGiven(Option option) => result.GetResult(option) is { Implicit: false };
    }

    /// <summary>Null where the text holds no rates.</summary>
    private static double[]? ParseRates(string text)
    {
        var rates = new List<double>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
            if (double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= MaxRate && !rates.Contains(rate))
                rates.Add(rate);
            else
                return null;
        return rates.Count <= MaxRates ? [.. rates] : null;
    }

    private static void OneOf(Option<string?> option, IReadOnlyList<string> names) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string?>() is { } text && !names.Contains(text))
            result.AddError($"{option.Name} is '{text}', must be one of: {string.Join(", ", names)}.");
    });

    /// <param name="option">A number, or nothing.</param>
    /// <param name="above">Not in the range.</param>
    /// <param name="most">In the range.</param>
    /// <param name="range">For people.</param>
    private static void Within<T>(Option<T> option, double above, double most, string range) => option.Validators.Add(result =>
    {
        // A value that is no number has an error of its own.
        if (result.Errors.Any() || result.Tokens is not [var token] || !double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            return;
        if (!(value > above && value <= most))
            result.AddError($"{option.Name} is {token.Value}, must be {range}.");
    });
}
