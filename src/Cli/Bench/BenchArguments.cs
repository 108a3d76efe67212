using System.CommandLine;
using E2LLM.Cli.Bench.Arrivals;
using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Bench;

/// <summary>The options of <c>e2llm bench serve</c>.</summary>
internal sealed class BenchArguments
{
    private const string KeyVariable = "E2LLM_API_KEY";
    private const int DaySeconds = 86_400;

    private readonly Option<string> _url = new("--url") { Description = "The server, with or without /v1.", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
    private readonly Option<string?> _model = new("--model") { Description = "Id of the model. Default: the first that the server lists." };
    private readonly Option<string?> _key = new("--api-key") { Description = $"Sent as bearer token. Default: environment variable {KeyVariable}." };
    private readonly Option<int?> _concurrency = new("--concurrency") { Description = "Closed loop: requests always under way, 1 to 10,000. Default: 8." };
    private readonly Option<double?> _rate = new("--rate") { Description = "Open loop: requests a second, above 0 to 100,000." };
    private readonly Option<string?> _trace = new("--trace") { Description = "Open loop: a CSV file of TIMESTAMP,ContextTokens,GeneratedTokens." };
    private readonly Option<double> _rateScale = new("--rate-scale") { Description = "Replays the trace this many times as fast, above 0.", DefaultValueFactory = _ => 1 };
    private readonly Option<ArrivalPattern> _arrivals = new("--arrivals") { Description = "Gaps of --rate.", DefaultValueFactory = _ => ArrivalPattern.Poisson };
    private readonly Option<double> _burstiness = new("--burstiness") { Description = "Shape of gamma gaps, 0.01 to 1,000; 1 is Poisson, below it burstier.", DefaultValueFactory = _ => 0.5 };
    private readonly Option<int> _requests = new("--requests") { Description = "Requests of each load, 1 to 1,000,000.", DefaultValueFactory = _ => 64 };
    private readonly Option<double> _duration = new("--duration") { Description = "Seconds after which a load sends no more, above 0 to 86,400.", DefaultValueFactory = _ => 60 };
    private readonly Option<double> _timeout = new("--timeout") { Description = "Seconds after which a request counts as failed, above 0 to 86,400.", DefaultValueFactory = _ => 120 };
    private readonly Option<int> _promptTokens = new("--prompt-tokens") { Description = "Tokens of the random prompts, 1 to 1,000,000.", DefaultValueFactory = _ => 64 };
    private readonly Option<int> _answerTokens = new("--answer-tokens") { Description = "Longest answer, in tokens, 1 to 1,000,000.", DefaultValueFactory = _ => 64 };
    private readonly Option<string?> _promptFile = new("--prompt-file") { Description = "A prompt a line, taken in turn, instead of random ones." };
    private readonly Option<bool> _ignoreEos = new("--ignore-eos") { Description = "Ask for answers of full length; not every server knows ignore_eos." };
    private readonly Option<bool> _sweep = new("--sweep") { Description = "Raise --rate or --concurrency to the knee." };
    private readonly Option<int> _sweepPoints = new("--sweep-points") { Description = "Loads that a sweep tries at most, 2 to 100.", DefaultValueFactory = _ => 12 };
    private readonly Option<double> _ttft = new("--slo-ttft-ms") { Description = "Objective: time to first token, above 0.", DefaultValueFactory = _ => 2000 };
    private readonly Option<double> _tpot = new("--slo-tpot-ms") { Description = "Objective: time per output token after the first, above 0.", DefaultValueFactory = _ => 100 };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of arrivals and prompts.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _warmup = new("--warmup") { Description = "Requests before the first load that do not count, 0 to 10,000.", DefaultValueFactory = _ => 4 };
    private readonly Option<string?> _json = new("--json") { Description = "Write all figures, and every request, to this file." };
    private readonly Option<string?> _svg = new("--svg") { Description = "Write a plot to this file: a sweep's latency over load, else histograms." };

    public void AddTo(Command command)
    {
        Option[] all =
        [
            _url, _model, _key, _concurrency, _rate, _arrivals, _burstiness, _trace, _rateScale, _requests, _duration, _timeout, _promptTokens,
            _answerTokens, _promptFile, _ignoreEos, _sweep, _sweepPoints, _ttft, _tpot, _seed, _warmup, _json, _svg,
        ];
        foreach (var option in all)
            command.Add(option);
    }

    /// <exception cref="ConfigurationException">Lists every option that is wrong.</exception>
    public BenchSettings Read(ParseResult parsed)
    {
        List<string> errors = [];
        Require(Uri.TryCreate(parsed.GetValue(_url), UriKind.Absolute, out var url) && url.Scheme is "http" or "https", $"--url is '{parsed.GetValue(_url)}', must be an http address.");
        var settings = new BenchSettings
        {
            Url = url ?? new Uri("http://127.0.0.1"),
            Model = parsed.GetValue(_model),
            ApiKey = parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable(KeyVariable),
            Load = ReadLoad(parsed),
            IsSweep = parsed.GetValue(_sweep),
            MaxSweepPoints = Within(_sweepPoints, 2, 100),
            Arrivals = parsed.GetValue(_arrivals),
            Burstiness = Within(_burstiness, 0.01, 1000),
            TracePath = parsed.GetValue(_trace),
            Requests = Within(_requests, 1, 1_000_000),
            DurationSeconds = Positive(_duration, DaySeconds),
            TimeoutSeconds = Positive(_timeout, DaySeconds),
            PromptTokens = Within(_promptTokens, 1, 1_000_000),
            AnswerTokens = Within(_answerTokens, 1, 1_000_000),
            PromptFile = parsed.GetValue(_promptFile),
            IgnoresEndOfText = parsed.GetValue(_ignoreEos),
            WarmupRequests = Within(_warmup, 0, 10_000),
            Objective = new ServiceObjective(Positive(_ttft, 1000 * DaySeconds) / 1000, Positive(_tpot, 1000 * DaySeconds) / 1000),
            Seed = parsed.GetValue(_seed),
            JsonPath = parsed.GetValue(_json),
            SvgPath = parsed.GetValue(_svg),
        };
        Require(Given(_concurrency, _rate, _trace) <= 1, "--concurrency, --rate and --trace exclude each other.");
        Require(!settings.IsSweep || settings.Load.Kind != LoadKind.Trace, "--sweep raises --rate or --concurrency, not a trace.");
        Require(Given(_trace) == 0 || Given(_promptFile) == 0, "--prompt-file cannot be used with --trace, which says how long each prompt is.");
        foreach (var file in new[] { settings.TracePath, settings.PromptFile }.OfType<string>())
            Require(File.Exists(file), $"There is no file '{file}'.");
        return errors.Count == 0 ? settings : throw new ConfigurationException(string.Join(" ", errors));

        int Given(params Option[] options) => options.Count(option => parsed.GetResult(option) is { Implicit: false });

        void Require(bool isRight, string error)
        {
            if (!isRight)
                errors.Add(error);
        }

        T Within<T>(Option<T> option, T least, T most)
            where T : IComparable<T>
        {
            var value = parsed.GetValue(option)!;
            Require(value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0, $"{option.Name} is {value}, must be {least} to {most}.");
            return value;
        }

        double Positive(Option<double> option, int most)
        {
            var value = parsed.GetValue(option);
            Require(value > 0 && value <= most, $"{option.Name} is {value}, must be above 0 to {most}.");
            return value;
        }

        LoadSpec ReadLoad(ParseResult result)
        {
            if (Given(_trace) > 0)
                return new LoadSpec(LoadKind.Trace, Positive(_rateScale, 1_000_000));
            if (result.GetValue(_rate) is { } rate)
            {
                Require(rate is > 0 and <= 100_000, $"--rate is {rate}, must be above 0 to 100,000.");
                return new LoadSpec(LoadKind.Rate, rate);
            }
            var concurrency = result.GetValue(_concurrency) ?? 8;
            Require(concurrency is >= 1 and <= 10_000, $"--concurrency is {concurrency}, must be 1 to 10,000.");
            return new LoadSpec(LoadKind.Concurrency, concurrency);
        }
    }
}
