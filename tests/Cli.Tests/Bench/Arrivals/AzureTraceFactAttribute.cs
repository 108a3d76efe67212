using E2LLM.Cli.Tests.Readme;

namespace E2LLM.Cli.Tests.Bench.Arrivals;

/// <summary>A test of the Azure LLM inference traces of 2023, which do not ship with the repository.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AzureTraceFactAttribute : FactAttribute
{
    public AzureTraceFactAttribute()
    {
        if (!Directory.Exists(Folder))
            Skip = $"Left out: the traces are not in {Folder}.";
    }

    /// <summary>Beside the repository.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(ReadmeFile.Root, "..", "shared", "traces", "azure-2023"));
}
