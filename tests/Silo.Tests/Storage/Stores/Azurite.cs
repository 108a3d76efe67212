using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using E2LLM.Silo.Tests.Fixtures;

namespace E2LLM.Silo.Tests.Storage.Stores;

/// <summary>
/// Azurite, Microsoft's emulator of Azure Storage, as a process of its own on loopback: its blobs lie in a folder, so that they are there
/// again after it has been stopped.
/// </summary>
internal sealed class Azurite : ITestStore
{
    /// <summary>The account and key that every installation of Azurite has, published by Microsoft: no secret.</summary>
    private const string Account = "AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort();
    private Process? _process;

    private Azurite()
    {
    }

    /// <summary>Why it is not installed here; null where it is.</summary>
    public static string? WhyNot => File.Exists(Script)
        ? null
        : "Azurite is not installed: npm install --prefix artifacts/azurite azurite@3.35.0";

    public IReadOnlyList<string> Arguments =>
    [
        "--E2LLM:Storage:Provider=AzureBlob",
        $"--E2LLM:Storage:ConnectionString=DefaultEndpointsProtocol=http;{Account};BlobEndpoint=http://127.0.0.1:{_port}/devstoreaccount1;",
        "--E2LLM:Storage:ContainerName=journal",
    ];

    private static string Script => Path.Combine(FindRoot(), "artifacts", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js");

    public static async Task<Azurite> StartAsync()
    {
        var azurite = new Azurite();
        await azurite.BringBackAsync();
        return azurite;
    }

    public async Task BringBackAsync()
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])[
            Script, "--location", _folder.Path, "--blobHost", "127.0.0.1", "--blobPort", $"{_port}",
            "--skipApiVersionCheck", "--disableTelemetry", "--silent"])
            start.ArgumentList.Add(argument);
        _process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        using var limit = new CancellationTokenSource(Patience);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            if (line.Contains("successfully listens", StringComparison.Ordinal))
                return;
        throw new InvalidOperationException($"Azurite ended with {_process.ExitCode} before it listened.");
    }

    /// <summary>Asked to end, so that it writes what it still holds.</summary>
    public async Task TakeAwayAsync()
    {
        if (_process is not { } process)
            return;
        _process = null;
        if (OperatingSystem.IsWindows())
            process.Kill();
        else
            using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
                await kill.WaitForExitAsync();
        using var limit = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(limit.Token);
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await TakeAwayAsync();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "E2LLM.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds E2LLM.sln.");
    }
}
