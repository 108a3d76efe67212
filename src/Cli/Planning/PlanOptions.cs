using System.CommandLine;

namespace E2LLM.Cli.Planning;

/// <summary>The options of <c>e2llm plan</c>.</summary>
internal sealed class PlanOptions
{
    private readonly RequestOptions _request = new();

    private readonly Option<double?> _rate = new("--rate") { Description = "Requests that arrive in a second. Default: the workload's." };

    private readonly Option<int?> _horizon = new("--horizon")
    {
        Description = "Requests that means are taken over, the first of them in an idle fleet. Default: the workload's; 100 for mean lengths. A load that lasts: 1000.",
    };

    private readonly Option<double?> _timeLimit = new("--time-limit") { Description = "Seconds for each planner, after which it gives up. It never takes a worse plan: same seed, same plan." };
    private readonly Option<bool> _json = new("--json") { Description = "One JSON document instead of tables." };
    private readonly Option<string?> _svg = new("--svg") { Description = "Write a picture of fleet, replicas and cuts to this file." };
    private readonly Option<string?> _html = new("--html") { Description = "Write a page with picture, tables and certificate to this file." };
    private readonly Option<string?> _compare = new("--compare") { Description = "A document that --json wrote before: show what changing from its plan takes and brings." };
    private readonly Option<bool> _list = new("--list") { Description = "List the presets of devices, fleets, models, workloads and planners." };

    public void AddTo(Command command)
    {
        _timeLimit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is { } seconds && seconds is not (> 0 and <= 1e6))
                result.AddError("--time-limit must be above 0 to 1,000,000 seconds.");
        });
        Option[] all = [.. _request.Subject, _rate, _horizon, .. _request.Others, _timeLimit, _json, _svg, _html, _compare, _list];
        foreach (var option in all)
            command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_list))
                return;
            foreach (var option in _request.Subject)
                if (string.IsNullOrEmpty(result.GetValue(option)))
                    result.AddError($"{option.Name} is required; --list shows the presets.");
        });
    }

    public bool IsList(ParseResult arguments) => arguments.GetValue(_list);

    public PlanSettings Settings(ParseResult arguments) => _request.Settings(arguments) with
    {
        RequestsPerSecond = arguments.GetValue(_rate),
        HorizonRequests = arguments.GetValue(_horizon),
        TimeLimitSeconds = arguments.GetValue(_timeLimit),
        AsJson = arguments.GetValue(_json),
        SvgPath = arguments.GetValue(_svg),
        HtmlPath = arguments.GetValue(_html),
        ComparePath = arguments.GetValue(_compare),
    };
}
