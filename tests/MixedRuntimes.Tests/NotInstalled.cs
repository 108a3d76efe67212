namespace E2LLM.MixedRuntimes.Tests;

public sealed class NotInstalled
{
    [Fact(Skip = "This build has one runtime: fleets that mix two are tried with -p:E2LlmRuntimes=all.")]
    public void FleetsOfTwoRuntimes()
    {
    }
}
