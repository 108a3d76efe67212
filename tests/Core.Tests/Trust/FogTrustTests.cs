using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Authentication;
using E2LLM.Core.Errors;
using E2LLM.Core.Trust;

namespace E2LLM.Core.Tests.Trust;

public sealed class FogTrustTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly string _folder = Directory.CreateTempSubdirectory("e2llm-trust").FullName;

    public FogTrustTests() => CertificateAuthority.Create(At("ca"), "fog", Now, days: 100);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Peer_OfTheSameAuthority_BelongsToTheFog()
    {
        using var one = Open(Issue("one"));
        using var two = Open(Issue("two"));

        Assert.Null(one.FaultOf(two.Own, mustBeNode: true));
    }

    [Fact]
    public void Peer_WithAClientsCertificate_MayAskAndNotServe()
    {
        using var node = Open(Issue("node"));
        using var client = Open(Issue("client", isNode: false), isNode: false);

        Assert.Null(node.FaultOf(client.Own, mustBeNode: false));
        Assert.Contains("'CN=client, OU=client, O=E2LLM'", node.FaultOf(client.Own, mustBeNode: true));
    }

    [Fact]
    public void Peer_OfAnotherAuthority_IsRefused()
    {
        using var node = Open(Issue("node"));
        CertificateAuthority.Create(At("other"), "fog", Now, days: 100);
        using var stranger = FogTrust.Open(Issue("stranger", authority: "other"), isNode: true);

        Assert.NotNull(node.FaultOf(stranger.Own, mustBeNode: false));
    }

    [Fact]
    public void Peer_WithoutACertificate_IsRefused()
    {
        using var node = Open(Issue("node"));

        Assert.Equal("no certificate was shown.", node.FaultOf(null, mustBeNode: false));
    }

    [Fact]
    public void Peer_WhoseCertificateHasRunOut_IsRefused()
    {
        using var node = Open(Issue("node"));
        CertificateAuthority.Create(At("old"), "fog", Now.AddDays(-50), days: 100);
        using var late = CertificateAuthority.Open(At("old"));
        late.Issue(At("late.pem"), At("late.key"), "late", [], isNode: true, Now.AddDays(-20), days: 10);

        var error = Assert.Throws<ConfigurationException>(() => Open(Options("late", "old")));

        Assert.Contains("E2LLM:Tls:Certificate", error.Message);
    }

    [Fact]
    public void Revoked_Certificate_IsRefusedFromThenOn()
    {
        File.WriteAllText(At("revoked"), "");
        var options = Issue("node");
        options.Revoked = At("revoked");
        using var node = Open(options);
        using var stolen = Open(Issue("stolen"));
        Assert.Null(node.FaultOf(stolen.Own, mustBeNode: true));

        File.WriteAllText(At("revoked"), $"00\n {stolen.Own.SerialNumber.ToLowerInvariant()}\n");
        File.SetLastWriteTimeUtc(At("revoked"), Now.UtcDateTime.AddMinutes(1));

        Assert.Contains("revoked", node.FaultOf(stolen.Own, mustBeNode: true));
    }

    [Fact]
    public void Own_AfterARenewal_IsTheNewOne()
    {
        using var node = Open(Issue("node"));
        var before = node.Own.SerialNumber;

        Issue("node");
        File.SetLastWriteTimeUtc(At("node.pem"), Now.UtcDateTime.AddMinutes(1));

        Assert.NotEqual(before, node.Own.SerialNumber);
    }

    [Fact]
    public void Create_WhereThereIsAnAuthority_LeavesIt() =>
        Assert.Throws<ConfigurationException>(() => CertificateAuthority.Create(At("ca"), "fog", Now, days: 1));

    [Fact]
    public void Issue_ForLongerThanTheAuthority_EndsWithIt()
    {
        using var authority = CertificateAuthority.Open(At("ca"));
        authority.Issue(At("long.pem"), At("long.key"), "long", [], isNode: true, Now, days: 5000);
        using var node = Open(Options("long"));

        Assert.True(node.Own.NotAfter <= authority.Until);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Keys_OfAuthorityAndMachine_AreTheOwnersAlone()
    {
        Issue("node");
        Assert.All([At("ca", CertificateAuthority.KeyName), At("node.key")], path =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
    }

    [Fact]
    public void Open_FileThatIsNoCertificate_NamesTheOption()
    {
        var options = Issue("node");
        File.WriteAllText(options.Authority = At("garbage.pem"), "garbage");

        var error = Assert.Throws<ConfigurationException>(() => Open(options));

        Assert.StartsWith($"E2LLM:Tls:Authority is '{options.Authority}', which cannot be read:", error.Message);
    }

    [Fact]
    public async Task Secure_BetweenTwoMachines_CarriesWhatIsWritten()
    {
        var (server, client) = await ConnectAsync(Open(Issue("one")), Open(Issue("two")));

        var writer = PipeWriter.Create(await client);
        await writer.WriteAsync("hidden states"u8.ToArray());
        var read = await PipeReader.Create(await server).ReadAtLeastAsync(13);

        Assert.Equal("hidden states"u8.ToArray(), read.Buffer.FirstSpan.ToArray());
    }

    [Fact]
    public async Task Secure_WithAClientsCertificate_IsRefused()
    {
        var (server, client) = await ConnectAsync(Open(Issue("one")), Open(Issue("two", isNode: false), isNode: false));

        var error = await Assert.ThrowsAsync<AuthenticationException>(() => server);

        Assert.StartsWith("The other side does not belong to the fog:", error.Message);
        await client.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static async Task<(Task<Stream> Server, Task<Stream> Client)> ConnectAsync(FogTrust server, FogTrust client)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var socket = new TcpClient();
        await socket.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        var accepted = await listener.AcceptTcpClientAsync();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return (server.SecureAsync(accepted.GetStream(), isServer: true, late.Token), client.SecureAsync(socket.GetStream(), isServer: false, late.Token));
    }

    private FogTrust Open(TrustOptions options, bool isNode = true) => FogTrust.Open(options, isNode);

    private TrustOptions Issue(string name, bool isNode = true, string authority = "ca")
    {
        using var issuer = CertificateAuthority.Open(At(authority));
        issuer.Issue(At($"{name}.pem"), At($"{name}.key"), name, ["127.0.0.1"], isNode, Now, days: 10);
        return Options(name, authority);
    }

    private TrustOptions Options(string name, string authority = "ca") => new()
    {
        Certificate = At($"{name}.pem"),
        Key = At($"{name}.key"),
        Authority = At(authority, CertificateAuthority.CertificateName),
    };

    private string At(params string[] parts) => Path.Combine([_folder, .. parts]);
}
