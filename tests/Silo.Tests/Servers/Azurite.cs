using E2LLM.Clustering;

namespace E2LLM.Silo.Tests.Servers;

/// <summary>Azurite, Microsoft's emulator of Azure Storage: one of its services.</summary>
public abstract class Azurite(string service) : ServerProcess
{
    /// <summary>The account and key that every installation of Azurite has, published by Microsoft: no secret.</summary>
    private const string Account = "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>Why it is not installed here; null where it is.</summary>
    public static string? WhyNot => OperatingSystem.IsWindows() ? "Azurite is ended, and made to hang, by signals."
        : File.Exists(Script("blob")) ? null
        : "Azurite is not installed: npm install --prefix artifacts/azurite azurite@3.35.0";

    protected override bool IsInstalled => WhyNot is null;

    /// <summary>"listens on" or "started on", as the service has it.</summary>
    protected override string Ready => "successfully ";

    /// <summary>The one at which every service writes what it holds.</summary>
    protected override string StopSignal => "INT";

    protected string ConnectionString =>
        $"DefaultEndpointsProtocol=http;{Account};{char.ToUpperInvariant(service[0])}{service[1..]}Endpoint=http://127.0.0.1:{Port}/devstoreaccount1;";

    public override IReadOnlyList<string> Journal(string part) => throw new NotSupportedException("This service keeps no journal.");

    public override ClusteringOptions Cluster(string part) => throw new NotSupportedException("This service keeps no cluster's table.");

    /// <summary>Asked to end: unlike Azure, the emulator acknowledges what it writes seconds later.</summary>
    public override Task KillAsync() => TakeAwayAsync();

    protected override IReadOnlyList<string> Command() =>
    [
        "node", Script(service), "--location", Folder, $"--{service}Host", "127.0.0.1", $"--{service}Port", $"{Port}",
        "--skipApiVersionCheck", "--disableTelemetry", "--silent",
    ];

    private static string Script(string service) => Path.Combine(FindRoot(), "artifacts", "azurite", "node_modules", "azurite", "dist", "src", service, "main.js");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "E2LLM.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds E2LLM.sln.");
    }
}

/// <summary>Its blobs.</summary>
public sealed class AzuriteBlobs() : Azurite("blob"), IStoreServer
{
    public override IReadOnlyList<string> Journal(string part) =>
    [
        "--E2LLM:Storage:Provider=AzureBlob", $"--E2LLM:Storage:ConnectionString={ConnectionString}", $"--E2LLM:Storage:ContainerName={part}",
    ];
}

/// <summary>Its tables.</summary>
public sealed class AzuriteTables() : Azurite("table"), IStoreServer
{
    public override ClusteringOptions Cluster(string part) =>
        new() { Provider = ClusteringProvider.AzureTable, ConnectionString = ConnectionString, ClusterId = part };
}
