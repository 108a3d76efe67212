using E2LLM.Cli.Rendering;
using E2LLM.Grains.Interfaces.Fleets;

namespace E2LLM.Cli.Devices;

/// <summary>A line for each silo that has not all of the model's weights: what it has, and what is on its way.</summary>
internal static class WeightsLines
{
    public static IEnumerable<string> Of(FleetStatus status)
    {
        foreach (var weights in status.Devices.Select(device => device.Weights).OfType<Grains.Interfaces.Weights.SiloWeights>().Where(weights => !weights.IsWhole).DistinctBy(weights => weights.Silo))
        {
            var progress = weights.Progress;
            yield return $"- {weights.Silo} has {Units.Bytes(progress.HeldBytes)} of the {Units.Bytes(progress.ModelBytes)} of weights" + (progress.Fetching.Length == 0
                ? ""
                : $"; {progress.Fetching}: {Units.Bytes(progress.FetchedBytes)} of {Units.Bytes(progress.WantedBytes)} have come, {Units.Bytes((long)progress.BytesPerSecond)}/s");
        }
    }
}
