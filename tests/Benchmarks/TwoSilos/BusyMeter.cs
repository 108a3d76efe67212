using E2LLM.Benchmarks.Fog;

namespace E2LLM.Benchmarks.TwoSilos;

/// <summary>Shares of the time that stages spent in their engines; by the wall clock, so waits for a processor count as busy.</summary>
internal sealed class BusyMeter(BenchmarkFog fog)
{
    private (double[] BusySeconds, long At) _from;

    public async Task StartAsync() => _from = await ReadAsync();

    /// <returns>One share a stage, since the start.</returns>
    public async Task<double[]> StopAsync()
    {
        var to = await ReadAsync();
        var seconds = TimeProvider.System.GetElapsedTime(_from.At, to.At).TotalSeconds;
        return [.. to.BusySeconds.Select((busy, stage) => (busy - _from.BusySeconds[stage]) / seconds)];
    }

    private async Task<(double[] BusySeconds, long At)> ReadAsync()
    {
        var stages = await fog.StagesAsync();
        return ([.. stages.Select(stage => stage.BusySeconds)], TimeProvider.System.GetTimestamp());
    }
}
