using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Experiments.Sources;

/// <summary>Requests, of which those that no sequence can hold are cut: the prompt first, so that it leaves room for a token, then the answer.</summary>
/// <param name="Requests">In the order of arrival.</param>
/// <param name="Cut">How many were longer.</param>
public sealed record CutRequests(SimulatedRequest[] Requests, int Cut)
{
    /// <param name="requests">Whole.</param>
    /// <param name="maxTokens">Prompt and answer together; at least 2.</param>
    public static CutRequests To(SimulatedRequest[] requests, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 2);
        var cut = 0;
        SimulatedRequest[] fitting = [.. requests];
        for (var index = 0; index < fitting.Length; index++)
        {
            var (at, prompt, answer) = fitting[index];
            if ((long)prompt + answer <= maxTokens)
                continue;
            prompt = Math.Min(prompt, maxTokens - 1);
            fitting[index] = new SimulatedRequest(at, prompt, Math.Min(answer, maxTokens - prompt));
            cut++;
        }
        return new CutRequests(fitting, cut);
    }
}
