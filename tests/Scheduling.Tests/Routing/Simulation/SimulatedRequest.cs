using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Tests.Routing.Simulation;

/// <summary>A request of a simulated load, and the moments of its life, in seconds of the simulation.</summary>
internal sealed class SimulatedRequest(GenerationRequest request, int answerTokens, double arrivedSeconds)
{
    public GenerationRequest Request => request;

    /// <summary>What it writes before it stops by itself; its limit may be higher.</summary>
    public int AnswerTokens => answerTokens;

    public double ArrivedSeconds => arrivedSeconds;

    public double? StartedSeconds { get; set; }

    public double? ReadSeconds { get; set; }

    /// <summary>When the decoder's slot was open; null where nothing is handed on.</summary>
    public double? SlotSeconds { get; set; }

    public double? DoneSeconds { get; set; }

    public int WrittenTokens { get; set; }

    public double WaitSeconds => StartedSeconds!.Value - arrivedSeconds + Math.Max(0, SlotSeconds - ReadSeconds ?? 0);

    public double EndToEndSeconds => DoneSeconds!.Value - arrivedSeconds;
}
