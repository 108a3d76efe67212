namespace E2LLM.Planning.Differences;

/// <summary>What changes on one device.</summary>
/// <param name="DeviceId">The device.</param>
/// <param name="Before">Layers that it holds now: "r0 layers 0-5"; empty where none.</param>
/// <param name="After">Layers that it will hold.</param>
/// <param name="ReceivedBytes">Weights that it has to fetch: those of layers it does not hold yet, embedding and head included.</param>
/// <param name="LinkSeconds">Seconds of that on its best link from a device that holds them; from the fleet's default link where nobody does.</param>
public sealed record DeviceMove(string DeviceId, string Before, string After, long ReceivedBytes, double LinkSeconds);
