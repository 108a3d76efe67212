using System.Diagnostics;

namespace E2LLM.Benchmarks.Nodes;

/// <summary>This program as a process of its own.</summary>
internal static class OwnProgram
{
    /// <param name="networkNamespace">Where it runs; null: where this process does.</param>
    /// <param name="arguments">Of its command line.</param>
    public static ProcessStartInfo Command(string? networkNamespace, params string[] arguments)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] words = [.. networkNamespace is null ? Array.Empty<string>() : ["ip", "netns", "exec", networkNamespace], dotnet, "exec", typeof(OwnProgram).Assembly.Location, .. arguments];
        var start = new ProcessStartInfo(words[0]);
        foreach (var word in words.Skip(1))
            start.ArgumentList.Add(word);
        return start;
    }
}
