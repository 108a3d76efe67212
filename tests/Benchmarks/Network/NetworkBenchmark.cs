using System.Net;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Load;
using E2LLM.Benchmarks.Nodes;
using E2LLM.Benchmarks.Reports;
using E2LLM.Core.Engines;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Gguf.Format;
using E2LLM.Grains.Plans;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Benchmarks.Network;

/// <summary>
/// One end's figures, each after those of the bare connection. Two devices of 1 thread, "d0" in this silo, "d1" in the other namespace's, or both
/// here where the network is to be compared with none.
/// </summary>
internal sealed class NetworkBenchmark(NetworkSpec spec)
{
    private const int BulkBytes = 16 << 20;
    private const int CacheBytes = 6 << 20;
    private const int WeightsBytes = 24 << 20;
    private const int Width = 2048;
    private const int HiddenBytes = Width * sizeof(float);

    /// <summary>About what comes back for a token: no more than one frame.</summary>
    private const int AnswerBytes = 300;

    /// <summary>So few that some answers meet no loss.</summary>
    private const int HopTokens = 20;

    private const int HopAnswers = 12;
    private const int TextPromptTokens = 32;
    private const int TextTokens = 64;
    private const double AllowedHopSeconds = 300e-6;
    private const double AllowedShare = 0.8;

    private double _rawBytesPerSecond;
    private double _rawTripSeconds;
    private double _rawBestTripSeconds;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using (var raw = await RawLink.OpenAsync(spec))
            await MeasureRawAsync(raw);
        await MeasureHopsAsync();
        await MeasureTextAsync(await BenchmarkModel.OpenFileAsync(Path.Combine(spec.DataDirectory, "demo"), spec.DemoModel, cancellationToken));
        await MeasureHandOffAsync(await BenchmarkModel.OpenAsync(spec.DataDirectory, spec.Shape, GgmlType.Q4_0, cancellationToken));
    }

    private async Task MeasureRawAsync(RawLink raw)
    {
        raw.Send(BulkBytes, answerBytes: 1); // until the connection knows its link
        double[] rates = [.. Enumerable.Range(0, spec.Rounds).Select(_ => BulkBytes / raw.Send(BulkBytes, answerBytes: 1))];
        _rawBytesPerSecond = Statistics.Median(rates);
        Line("bare TCP, one connection", _rawBytesPerSecond / 1e6, "MB/s", Range(rates, 1e6));
        List<double> fresh = [];
        for (var round = 0; round < spec.Rounds; round++)
            fresh.Add(CacheBytes / (await raw.ConnectAsync() + raw.Send(CacheBytes, answerBytes: 1)));
        Line($"the same, a new one for {CacheBytes >> 20} MiB", Statistics.Median(fresh) / 1e6, "MB/s", Range(fresh, 1e6));
        await raw.ConnectAsync(); // whose window knows nothing of bulk
        double[] trips = [.. Enumerable.Range(0, 40 * spec.Rounds).Select(_ => raw.Send(HiddenBytes, AnswerBytes) / 2)];
        (_rawTripSeconds, _rawBestTripSeconds) = (Statistics.Median(trips), Statistics.Percentile(trips, 0.05));
        Line($"bare TCP, {HiddenBytes} bytes there and {AnswerBytes} back: half of it", _rawTripSeconds * 1e3, "ms", $"P5 {_rawBestTripSeconds * 1e3:0.000}, P90 {Statistics.Percentile(trips, 0.9) * 1e3:0.000}");
    }

    private async Task MeasureHopsAsync()
    {
        var catalog = new SyntheticModelCatalog(SyntheticModel.Spec("synthetic", width: Width));
        var engines = new SyntheticStageEngineFactory(catalog, new SyntheticTiming(), TimeProvider.System);
        var remote = Remote(new ServingOptions()) with { SyntheticStepSeconds = 0, SyntheticWidth = Width };
        await using var here = await StartAsync(catalog, engines, new ServingOptions(), null);
        await using var across = await StartAsync(catalog, engines, new ServingOptions(), remote);
        List<double> near = [], far = [];
        for (var round = -10; round < HopAnswers * spec.Rounds; round++)
        {
            var (one, two) = (await StepSecondsAsync(here), await StepSecondsAsync(across));
            if (round < 0)
                continue;
            near.Add(one);
            far.Add(two);
        }
        Line("step of two stages, synthetic engine (0 s), one silo", Statistics.Median(near) * 1e3, "ms", $"best {near.Min() * 1e3:0.000}");
        Line("the same, two silos", Statistics.Median(far) * 1e3, "ms", $"best {far.Min() * 1e3:0.000}");
        foreach (var (what, hop, bare) in new[] { ("hop: half of that", Statistics.Median(far) / 2, _rawTripSeconds), ("hop, of the best answer", far.Min() / 2, _rawBestTripSeconds) })
            Line(what, hop * 1e3, "ms", $"over the bare trip {(hop - bare) * 1e6:0} us, asked at most {AllowedHopSeconds * 1e6:0}");

        // An answer's mean: what comes to the reader at once was not written at once.
        async Task<double> StepSecondsAsync(BenchmarkFog fog) => (await fog.RunAsync(new GenerationRequest
        {
            Id = Guid.NewGuid().ToString("N"),
            ModelId = "synthetic",
            PromptTokens = [SyntheticTokenizer.FirstWordToken],
            MaxTokens = HopTokens,
        })).Timeline!.SecondsPerOutputToken!.Value;
    }

    private async Task MeasureTextAsync(BenchmarkModel model)
    {
        foreach (var concurrency in new[] { 1, 8 })
        {
            var serving = new ServingOptions { MaxSequences = concurrency, MaxSequenceTokens = TextPromptTokens + TextTokens };
            await using var here = await StartAsync(model.Catalog, model.Engines, serving, null);
            await using var across = await StartAsync(model.Catalog, model.Engines, serving, Remote(serving) with { ModelPath = spec.DemoModel, DataDirectory = model.Directory });
            var cases = new InterleavedCases([("one silo, two devices", round => TextAsync(here, round)), ("two silos, a device each", round => TextAsync(across, round))]);
            await cases.RunAsync(spec.Rounds);
            cases.Print($"model {model.Name}, {concurrency} at once:", "tokens/s", (0, "of one silo"));
            if (concurrency > 1)
                continue;
            var probes = new List<(double BytesPerSecond, double LatencySeconds)>();
            for (var round = 0; round < spec.Rounds; round++)
                probes.Add(await across.ProbeAsync("d1"));
            double[] rates = [.. probes.Select(probe => probe.BytesPerSecond)];
            Bulk("data port: what a silo measures at its join", rates);
            Line("the same, delay one way", Statistics.Median([.. probes.Select(probe => probe.LatencySeconds)]) * 1e3, "ms", $"of the wire {spec.DelaySeconds * 1e3:0.000}");

            Task<double> TextAsync(BenchmarkFog fog, int round) => RateAsync(fog, model.Spec, concurrency, round);
        }
    }

    private static async Task<double> RateAsync(BenchmarkFog fog, ModelSpec model, int concurrency, int round)
    {
        var prompts = RandomPrompts.Make(model, concurrency, TextPromptTokens, 1000 + round);
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(prompts.Select(prompt => fog.RunAsync(RandomPrompts.Request(model, prompt, TextTokens))));
        return concurrency * TextTokens / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>A prompt of one step, so that all of its cache leaves after it has been read.</summary>
    private async Task MeasureHandOffAsync(BenchmarkModel model)
    {
        var serving = new ServingOptions { MaxSequences = 2, MaxSequenceTokens = spec.PromptTokens + 8, MaxStepTokens = spec.PromptTokens };
        var cut = $"prefill d0:{model.Spec.LayerCount}; decoder d1:{model.Spec.LayerCount}";
        await using var fog = await BenchmarkFog.StartAsync(
            Options(model.Catalog, model.Engines, serving) with { Devices = [FogOptions.Device("d0")], Planner = FixedCut.Parse(cut) },
            Remote(serving) with { Cut = cut, Shape = model.Name, DataDirectory = model.Directory, SharesWeights = true });
        List<double> rates = [];
        var bytes = 0L;
        for (var round = -1; round < spec.Rounds; round++)
        {
            var prompt = RandomPrompts.Make(model.Spec, 1, spec.PromptTokens, 1000 + round)[0];
            var timeline = (await TimedAnswer.ReadAsync(fog.StreamAsync(RandomPrompts.Request(model.Spec, prompt, 4)))).Timeline!;
            bytes = timeline.KvBytes;
            if (round >= 0)
                rates.Add(bytes / timeline.KvTransferSeconds!.Value);
        }
        Bulk($"KV hand-off, {model.Name}, {bytes / 1048576.0:0.0} MiB", rates);
        var weights = new WeightsFetch(fog.Grains, model.Spec.Id, Path.Combine(spec.DataDirectory, "fetched"));
        await weights.FindAsync();
        List<double> weightsRates = [];
        for (var round = 0; round < spec.Rounds; round++)
            weightsRates.Add(await weights.RateAsync(WeightsBytes));
        Bulk($"weights, {WeightsBytes >> 20} MiB, hashed and written", weightsRates);
    }

    private Task<BenchmarkFog> StartAsync(IModelCatalog catalog, IStageEngineFactory engines, ServingOptions serving, NodeSpec? remote)
    {
        var options = Options(catalog, engines, serving);
        return remote is null
            ? BenchmarkFog.StartAsync(options with { Devices = FogOptions.OneThreadDevices(2) })
            : BenchmarkFog.StartAsync(options with { Devices = FogOptions.OneThreadDevices(1) }, remote with { Cut = Halves(catalog) });
    }

    private FogOptions Options(IModelCatalog catalog, IStageEngineFactory engines, ServingOptions serving) => new()
    {
        Catalog = catalog,
        Engines = engines,
        Devices = [],
        Address = IPAddress.Parse(spec.OwnAddress),
        Planner = FixedCut.Parse(Halves(catalog)),
        Serving = options => ServingOptionsCopy.Copy(serving, options),
    };

    /// <summary>Plan, replicas and requests are here; only what a device does is there.</summary>
    private NodeSpec Remote(ServingOptions serving) => new()
    {
        Address = spec.PeerAddress,
        Namespace = spec.PeerNamespace,
        Devices = [FogOptions.Device("d1")],
        HasDevicesOnly = true,
        Shape = "",
        DataDirectory = spec.DataDirectory,
        Cut = "",
        Serving = serving,
    };

    private static string Halves(IModelCatalog catalog) => FixedCut.HalfTheWeights(catalog.Models[0], "d0", "d1");

    private void Bulk(string what, IReadOnlyCollection<double> rates)
    {
        var rate = Statistics.Median(rates);
        Line(what, rate / 1e6, "MB/s", $"{Range(rates, 1e6)}, {rate / _rawBytesPerSecond:0.00} of the bare connection, asked {AllowedShare}");
    }

    private static string Range(IReadOnlyCollection<double> values, double unit) => $"({values.Min() / unit:0.0} to {values.Max() / unit:0.0})";

    private static void Line(string what, double value, string unit, string rest) => Console.WriteLine($"{what,-66} {value,9:0.000} {unit}  {rest}");
}
