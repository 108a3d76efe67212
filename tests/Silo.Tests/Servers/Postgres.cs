using E2LLM.Clustering;
using Npgsql;

namespace E2LLM.Silo.Tests.Servers;

/// <summary>PostgreSQL, which will not run as root: it runs as the user that its package makes then.</summary>
public sealed class Postgres : ServerProcess, IStoreServer
{
    private const string User = "postgres";

    private static readonly string? Program = OperatingSystem.IsWindows() ? null : Find("postgres", Installed());

    private NpgsqlConnection? _holder;

    public static string? WhyNot => Program is null ? "PostgreSQL is not installed: apt-get install postgresql" : null;

    /// <summary>With less patience than by default, for the tests in which it hangs.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username={User};Database=postgres;Command Timeout=3";

    protected override bool IsInstalled => WhyNot is null;

    protected override string Ready => "database system is ready to accept connections";

    /// <summary>Without waiting for clients to leave.</summary>
    protected override string StopSignal => "INT";

    private string Data => Path.Combine(Folder, "data");

    public override async Task InitializeAsync()
    {
        if (!IsInstalled)
            return;
        Directory.CreateDirectory(Data);
        if (Environment.IsPrivilegedProcess)
            await RunAsync(["chown", "-R", User, Folder]);
        await RunAsync(
        [
            .. AsUser(), Path.Combine(Path.GetDirectoryName(Program)!, "initdb"), "--pgdata", Data, "--username", User, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C", "--no-sync",
        ]);
        await base.InitializeAsync();
    }

    public override IReadOnlyList<string> Journal(string part) =>
        ["--E2LLM:Storage:Provider=Postgres", $"--E2LLM:Storage:ConnectionString={ConnectionString}", $"--E2LLM:Clustering:ServiceId={part}"];

    public override ClusteringOptions Cluster(string part) =>
        new() { Provider = ClusteringProvider.Postgres, ConnectionString = ConnectionString, ClusterId = part };

    /// <summary>Its journal does: each client has a process of its own.</summary>
    public override async Task HangAsync()
    {
        _holder = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await _holder.OpenAsync();
        await using var command = new NpgsqlCommand("BEGIN; LOCK TABLE GrainState IN ACCESS EXCLUSIVE MODE;", _holder);
        await command.ExecuteNonQueryAsync();
    }

    public override async Task GoOnAsync() => await _holder!.DisposeAsync();

    protected override IReadOnlyList<string> Command() =>
        [.. AsUser(), Program!, "-D", Data, "-p", $"{Port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="];

    /// <summary>In the process itself, so that it gets the signals.</summary>
    private static string[] AsUser() => Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", User, "--regid", User, "--clear-groups"] : [];

    private static string[] Installed() => Directory.Exists("/usr/lib/postgresql")
        ? [.. Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin"))]
        : [];
}
