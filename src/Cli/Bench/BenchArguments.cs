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

    private readonly Option<string> _url = Usually<string>("--url", "http://127.0.0.1:8080", "The server, with or without /v1.");
    private readonly Option<string?> _model =
        new("--model") { Description = "Id of the model. Default: the first that the server lists." };
    private readonly Option<string?> _key =
        new("--api-key") { Description = $"Sent as bearer token. Default: environment variable {KeyVariable}." };
    private readonly Option<int?> _concurrency =
        new("--concurrency") { Description = "Closed loop: requests always under way, 1 to 10,000. Default: 8." };
    private readonly Option<double?> _rate = new("--rate") { Description = "Open loop: requests a second, above 0 to 100,000." };
    private readonly Option<string?> _trace =
        new("--trace") { Description = "Open loop: a CSV file of TIMESTAMP,ContextTokens,GeneratedTokens." };
    private readonly Option<double> _rateScale =
        Usually<double>("--rate-scale", 1, "Replays the trace this many times as fast, above 0.");
    private readonly Option<ArrivalPattern> _arrivals = Usually<ArrivalPattern>("--arrivals", ArrivalPattern.Poisson, "Gaps of --rate.");
    private readonly Option<double> _burstiness =
        Usually<double>("--burstiness", 0.5, "Shape of gamma gaps, 0.01 to 1,000; 1 is Poisson, below it burstier.");
    private readonly Option<int> _requests = Usually<int>("--requests", 64, "Requests of each load, 1 to 1,000,000.");
    private readonly Option<double> _duration =
        Usually<double>("--duration", 60, "Seconds after which a load sends no more, above 0 to 86,400.");
    private readonly Option<double> _timeout =
        Usually<double>("--timeout", 120, "Seconds after which a request counts as failed, above 0 to 86,400.");
    private readonly Option<int> _promptTokens = Usually<int>("--prompt-tokens", 64, "Tokens of the random prompts, 1 to 1,000,000.");
    private readonly Option<int> _answerTokens = Usually<int>("--answer-tokens", 64, "Longest answer, in tokens, 1 to 1,000,000.");
    private readonly Option<string?> _promptFile =
        new("--prompt-file") { Description = "A prompt a line, taken in turn, instead of random ones." };
    private readonly Option<bool> _ignoreEos =
        new("--ignore-eos") { Description = "Ask for answers of full length; not every server knows ignore_eos." };
    private readonly Option<bool> _sweep = new("--sweep") { Description = "Raise --rate or --concurrency to the knee." };
    private readonly Option<int> _sweepPoints = Usually<int>("--sweep-points", 12, "Loads that a sweep tries at most, 2 to 100.");
    private readonly Option<double> _ttft = Usually<double>("--slo-ttft-ms", 2000, "Objective: time to first token, above 0.");
    private readonly Option<double> _tpot =
        Usually<double>("--slo-tpot-ms", 100, "Objective: time per output token after the first, above 0.");
    private readonly Option<int> _seed = Usually<int>("--seed", 1, "Seed of arrivals and prompts.");
    private readonly Option<int> _warmup = Usually<int>("--warmup", 4, "Requests before the first load that do not count, 0 to 10,000.");
    private readonly Option<string?> _json = new("--json") { Description = "Write all figures, and every request, to this file." };
    private readonly Option<string?> _svg =
        new("--svg") { Description = "Write a plot to this file: a sweep's latency over load, else histograms." };

    public void AddTo(Command command)
    {
        Option[] all =
        [
            _url, _model, _key, _concurrency, _rate, _arrivals, _burstiness, _trace, _rateScale, _requests, _duration, _timeout,
            _promptTokens, _answerTokens, _promptFile, _ignoreEos, _sweep, _sweepPoints, _ttft, _tpot, _seed, _warmup, _json, _svg,
        ];
        foreach (var option in all)
            command.Add(option);
    }

    /// <exception cref="ConfigurationException">Lists every option that is wrong.</exception>
    public BenchSettings Read(ParseResult parsed)
    {
        List<string> errors = [];
        var isUrl = Uri.TryCreate(parsed.GetValue(_url), UriKind.Absolute, out var url) && url.Scheme is "http" or "https";
        Require(isUrl, $"--url is '{parsed.GetValue(_url)}', must be an http address.");
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
        Require(Given(_trace) == 0 || Given(_promptFile) == 0,
            "--prompt-file cannot be used with --trace, which says how long each prompt is.");
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

    private static Option<T> Usually<T>(string name, T usual, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };
}
