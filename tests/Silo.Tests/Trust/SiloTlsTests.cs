using System.Net.Sockets;
using E2LLM.Client;
using E2LLM.Core.Errors;
using E2LLM.Core.Trust;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace E2LLM.Silo.Tests.Trust;

/// <summary>A silo with certificates, and who may come to it by which port.</summary>
public sealed class SiloTlsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;

    private WebApplication App => _app ?? throw new InvalidOperationException("Not started.");

    private string Model => App.Services.GetRequiredService<ServingTarget>().Model.Id;

    public async Task InitializeAsync()
    {
        CertificateAuthority.Create(At("ca"), "fog", TimeProvider.System.GetUtcNow(), days: 10);
        var node = Issue("ca", "node", isNode: true);
        _app = await SiloHost.BuildAsync(
            [
                $"--E2LLM:Tls:Certificate={node.Certificate}", $"--E2LLM:Tls:Key={node.Key}", $"--E2LLM:Tls:Authority={node.Authority}",
            ],
            host => (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory) = (0, 0, 0, At("data")));
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
        _folder.Dispose();
    }

    [Fact]
    public async Task Client_WithACertificateOfTheFog_IsAnswered()
    {
        await using var client = await ConnectAsync(Issue("ca", "client", isNode: false));

        Assert.Equal([Model], await client.GetModelsAsync());
    }

    [Fact]
    public async Task Client_WithoutACertificate_IsRefusedWithWhatToLookAt()
    {
        var error = await Assert.ThrowsAsync<E2LlmException>(() => ConnectAsync(new TrustOptions()));

        Assert.Contains("has it TLS where you have (or have not)?", error.Message);
    }

    [Fact]
    public async Task Client_OfAnotherAuthority_IsRefused()
    {
        CertificateAuthority.Create(At("other"), "other", TimeProvider.System.GetUtcNow(), days: 10);

        await Assert.ThrowsAsync<E2LlmException>(() => ConnectAsync(Issue("other", "stranger", isNode: true)));
    }

    [Fact]
    public async Task SiloPort_ForAClientsCertificate_IsClosed()
    {
        using var client = FogTrust.Open(Issue("ca", "client", isNode: false), isNode: false);
        var port = App.Services.GetRequiredService<IOptions<EndpointOptions>>().Value.SiloPort;

        Assert.True(await IsClosedAsync(port, async stream =>
        {
            // With TLS 1.3 the server's word on the certificate comes after the handshake, as the first thing that is read.
            await using var secure = await client.SecureAsync(stream, isServer: false, CancellationToken.None);
            return await secure.ReadAsync(new byte[1]);
        }));
    }

    [Fact]
    public async Task Ports_ForGarbage_AreClosedAndTheSiloServesOn()
    {
        var endpoints = App.Services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        var garbage = new byte[64 << 10];
        new Random(1).NextBytes(garbage);
        foreach (var port in new[] { endpoints.SiloPort, endpoints.GatewayPort })
            for (var connection = 0; connection < 5; connection++)
                Assert.True(await IsClosedAsync(port, async stream =>
                {
                    await stream.WriteAsync(garbage);
                    return await stream.ReadAsync(new byte[1]);
                }));

        await using var client = await ConnectAsync(Issue("ca", "client", isNode: false));
        Assert.Equal([Model], await client.GetModelsAsync());
    }

    /// <summary>Whether the port lets go of a connection, and sends nothing that counts, within half a minute.</summary>
    private static async Task<bool> IsClosedAsync(int port, Func<Stream, Task<int>> use)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port);
        try
        {
            var stream = socket.GetStream();
            // An alert of TLS may come before the end.
            return await use(stream).WaitAsync(TimeSpan.FromSeconds(30)) == 0 || await DrainAsync(stream).WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
        {
            return true;
        }
    }

    private static async Task<bool> DrainAsync(Stream stream)
    {
        var bytes = new byte[256];
        while (await stream.ReadAsync(bytes) > 0)
        {
        }
        return true;
    }

    private Task<E2LlmClient> ConnectAsync(TrustOptions tls) => E2LlmClient.ConnectAsync(new E2LlmClientOptions
    {
        Gateways = [SiloHost.GatewayAddress(App)],
        Tls = tls,
        ConnectTimeoutSeconds = 20,
    });

    private TrustOptions Issue(string authority, string name, bool isNode)
    {
        using var issuer = CertificateAuthority.Open(At(authority));
        issuer.Issue(At($"{name}.pem"), At($"{name}.key"), name, ["127.0.0.1"], isNode, TimeProvider.System.GetUtcNow(), days: 5);
        return new TrustOptions
        {
            Certificate = At($"{name}.pem"),
            Key = At($"{name}.key"),
            Authority = Path.Combine(At(authority), CertificateAuthority.CertificateName),
        };
    }

    private string At(string name) => Path.Combine(_folder.Path, name);
}
