namespace E2LLM.Inference.LlamaCpp.Tests;

public sealed class NotInstalled
{
    [Fact(Skip = "Runtime 'llamacpp' is not part of this build: its tests run with -p:E2LlmRuntimes=all.")]
    public void TheSuiteOfTheRuntimes()
    {
    }
}
