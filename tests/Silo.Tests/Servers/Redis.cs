using E2LLM.Clustering;

namespace E2LLM.Silo.Tests.Servers;

/// <summary>Redis, with an append-only file: what it has acknowledged is there again after it was killed.</summary>
public sealed class Redis : ServerProcess, IStoreServer
{
    private static readonly string? Program = OperatingSystem.IsWindows() ? null : Find("redis-server");

    public static string? WhyNot => Program is null ? "redis-server is not installed: apt-get install redis-server" : null;

    /// <summary>With less patience than by default, for the tests in which it hangs.</summary>
    public string ConnectionString => $"127.0.0.1:{Port},asyncTimeout=2000,syncTimeout=2000";

    protected override bool IsInstalled => WhyNot is null;

    protected override string Ready => "Ready to accept connections";

    public override IReadOnlyList<string> Journal(string part) =>
        ["--E2LLM:Storage:Provider=Redis", $"--E2LLM:Storage:ConnectionString={ConnectionString}", $"--E2LLM:Clustering:ServiceId={part}"];

    public override ClusteringOptions Cluster(string part) =>
        new() { Provider = ClusteringProvider.Redis, ConnectionString = ConnectionString, ClusterId = part };

    protected override IReadOnlyList<string> Command() =>
        [Program!, "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", Folder, "--appendonly", "yes", "--save", ""];
}
