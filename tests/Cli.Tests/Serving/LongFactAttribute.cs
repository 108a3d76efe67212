namespace E2LLM.Cli.Tests.Serving;

/// <summary>Of what takes minutes: it runs where the environment variable E2LLM_LONG is 1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LongFactAttribute : FactAttribute
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("E2LLM_LONG") == "1";

    public LongFactAttribute()
    {
        if (!IsLong)
            Skip = "It takes minutes: set E2LLM_LONG=1.";
    }
}
