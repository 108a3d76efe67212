using E2LLM.Core.Plans;

namespace E2LLM.Planning.Tests.Judge;

/// <summary>Devices in order with the first layer past each, a role, engine settings, a micro-batch size, and the seconds between two requests.</summary>
internal sealed record JudgeGroup(ReplicaRole Role, (int Device, int EndLayer)[] Stages, EngineSettings Engine, int Sequences, double Seconds)
{
    public double Rate => 1 / Seconds;
}
