namespace E2LLM.Grains.Hosting;

/// <summary>Calls whose answers did not come: whether they were heard is not known.</summary>
internal static class LostCalls
{
    /// <summary>Before such a call is made again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.05);
}
