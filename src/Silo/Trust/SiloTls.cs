using E2LLM.Core.Trust;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace E2LLM.Silo.Trust;

/// <summary>Mutual TLS on every port by which the machines of a fog reach each other, and by which Orleans clients reach them.</summary>
internal static class SiloTls
{
    /// <summary>Clients are let in by the gateway's port alone.</summary>
    public static void AddTo(ISiloBuilder silo, FogTrust trust)
    {
        silo.Configure<SiloConnectionOptions>(connections =>
        {
            connections.ConfigureSiloInboundConnection(connection => connection.UseServerTls(Options(trust, mustBeNode: true)));
            connections.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(Options(trust, mustBeNode: true)));
            connections.ConfigureGatewayInboundConnection(connection => connection.UseServerTls(Options(trust, mustBeNode: false)));
        });
        silo.Services.AddSingleton<IOptions<KvDataPortOptions>>(services => new OptionsWrapper<KvDataPortOptions>(
            Bound<KvDataPortOptions>(services, KvDataPortOptions.Section) with { Secure = trust.SecureAsync }));
        silo.Services.AddSingleton<IOptions<KvSenderOptions>>(services => new OptionsWrapper<KvSenderOptions>(
            Bound<KvSenderOptions>(services, KvSenderOptions.Section) with { Secure = trust.SecureAsync }));
    }

    /// <summary>For a machine that asks before it is a silo.</summary>
    public static void AddTo(IClientBuilder client, FogTrust trust) => client.Configure<ClientConnectionOptions>(
        connections => connections.ConfigureConnection(connection => connection.UseClientTls(Options(trust, mustBeNode: true))));

    /// <summary>What connections to other data ports need, before there is a host.</summary>
    public static KvSenderOptions Sender(IConfiguration settings, FogTrust? trust)
    {
        var sender = settings.GetSection(KvSenderOptions.Section).Get<KvSenderOptions>() ?? new KvSenderOptions();
        return trust is null ? sender : sender with { Secure = trust.SecureAsync };
    }

    private static T Bound<T>(IServiceProvider services, string section)
        where T : class, new() => services.GetRequiredService<IConfiguration>().GetSection(section).Get<T>() ?? new T();

    private static TlsOptions Options(FogTrust trust, bool mustBeNode) => new()
    {
        LocalCertificate = trust.Own,
        LocalServerCertificateSelector = (_, _) => trust.Own,
        LocalClientCertificateSelector = (_, _, _, _, _) => trust.Own,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = (peer, _, _) => trust.FaultOf(peer, mustBeNode) is null,
        SslProtocols = FogTrust.Protocols,
        OnAuthenticateAsClient = (_, client) => client.TargetHost = "", // machines of a fog are told apart by nobody
    };
}
