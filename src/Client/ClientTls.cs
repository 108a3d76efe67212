using E2LLM.Core.Configuration;
using E2LLM.Core.Trust;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace E2LLM.Client;

/// <summary>Mutual TLS to the gateways of a fog.</summary>
internal static class ClientTls
{
    /// <returns>Null: no certificates are named.</returns>
    /// <exception cref="Core.Errors.ConfigurationException">A file is missing, or cannot be used.</exception>
    public static FogTrust? Open(TrustOptions options)
    {
        var errors = new OptionErrors(nameof(E2LlmClientOptions.Tls));
        options.Check(errors);
        errors.ThrowIfAny();
        return options.IsOn ? FogTrust.Open(options, isNode: false) : null;
    }

    public static void AddTo(IClientBuilder client, FogTrust trust) => client.Configure<ClientConnectionOptions>(connections =>
        connections.ConfigureConnection(connection => connection.UseClientTls(new TlsOptions
        {
            LocalCertificate = trust.Own,
            LocalClientCertificateSelector = (_, _, _, _, _) => trust.Own,
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
            // A gateway is a machine of the fog: another client cannot stand in for it.
            RemoteCertificateValidation = (peer, _, _) => trust.FaultOf(peer, mustBeNode: true) is null,
            SslProtocols = FogTrust.Protocols,
            OnAuthenticateAsClient = (_, target) => target.TargetHost = "",
        })));
}
