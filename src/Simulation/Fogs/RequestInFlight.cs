using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Simulation.Results;

namespace E2LLM.Simulation.Fogs;

/// <summary>A request on its way through a simulated fog.</summary>
internal sealed class RequestInFlight(GenerationRequest generation, RequestTimes times, SimulatedReplica prefill, SimulatedReplica decode) : ISampledAnswer
{
    private int _drawn;

    public GenerationRequest Generation => generation;

    public RequestTimes Times => times;

    public SimulatedReplica Prefill => prefill;

    public SimulatedReplica Decode => decode;

    public bool IsSplit => prefill != decode;

    /// <summary>When the prompt was read, after which the cache can go.</summary>
    public double? ReadSeconds { get; set; }

    public KvReservation? Reservation { get; set; }

    /// <summary>The next token. A step may still run for a request that has ended.</summary>
    public int Sample() => ++_drawn >= times.AnswerTokens ? ISampledAnswer.StopToken : ISampledAnswer.AnyToken;
}
