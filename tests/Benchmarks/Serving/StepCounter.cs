namespace E2LLM.Benchmarks.Serving;

/// <summary>Step numbers of an engine that is used for several runs.</summary>
internal sealed class StepCounter
{
    private long _next;

    public long Next() => _next++;
}
