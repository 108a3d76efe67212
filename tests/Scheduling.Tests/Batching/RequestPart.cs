using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>What a replica has of a request.</summary>
internal sealed class RequestPart(GenerationRequest request, int arrival, double arrivedSeconds)
{
    public GenerationRequest Request => request;

    public int Arrival => arrival;

    public double ArrivedSeconds => arrivedSeconds;

    public bool IsQueued { get; set; } = true;

    public bool HasEnded { get; private set; }

    public void End()
    {
        HasEnded = true;
        IsQueued = false;
    }
}
