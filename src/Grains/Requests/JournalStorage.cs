namespace E2LLM.Grains.Requests;

/// <summary>The storage provider that the grains ask for by name.</summary>
public static class JournalStorage
{
    public const string ProviderName = "journal";
}
