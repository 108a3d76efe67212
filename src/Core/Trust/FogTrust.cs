using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using E2LLM.Core.Errors;

namespace E2LLM.Core.Trust;

/// <summary>
/// Who belongs to a fog: whoever shows a certificate of its authority. Machines have certificates that may serve; those of clients may not,
/// so nobody joins a cluster with one. Names are not compared: any machine of a fog may stand at any address. Thread-safe.
/// </summary>
public sealed class FogTrust : IDisposable
{
    public const SslProtocols Protocols = SslProtocols.Tls13 | SslProtocols.Tls12;

    /// <summary>The use that a machine's certificate has and a client's has not: serving.</summary>
    internal const string ServerUse = "1.3.6.1.5.5.7.3.1";

    private readonly TrustOptions _options;
    private readonly X509Certificate2 _authority;
    private readonly Lock _gate = new();
    private X509Certificate2 _own;
    private DateTime _ownWritten;
    private HashSet<string> _revoked = [];
    private DateTime _revokedWritten;

    private FogTrust(TrustOptions options, X509Certificate2 authority, X509Certificate2 own, DateTime ownWritten) =>
        (_options, _authority, _own, _ownWritten) = (options, authority, own, ownWritten);

    /// <summary>This machine's certificate, with its key; the latest, where it has been renewed.</summary>
    public X509Certificate2 Own
    {
        get
        {
            lock (_gate)
            {
                var written = File.GetLastWriteTimeUtc(_options.Certificate);
                if (written != _ownWritten)
                    TryRenew(written);
                return _own;
            }
        }
    }

    /// <exception cref="ConfigurationException">A file is no certificate, or the certificate is not of this authority, or not for this use; names it.</exception>
    public static FogTrust Open(TrustOptions options, bool isNode)
    {
        var written = File.GetLastWriteTimeUtc(options.Certificate);
        var authority = Read(nameof(options.Authority), options.Authority, () => X509Certificate2.CreateFromPem(File.ReadAllText(options.Authority)));
        var own = Read(nameof(options.Certificate), options.Certificate, () => ReadOwn(options));
        var trust = new FogTrust(options, authority, own, written);
        if (trust.FaultOf(own, isNode) is { } fault)
            throw new ConfigurationException($"{TrustOptions.Section}:{nameof(options.Certificate)} is '{options.Certificate}', which cannot be used: {fault}");
        return trust;
    }

    /// <param name="peer">What the other side shows.</param>
    /// <param name="mustBeNode">Whether only a machine of the fog will do, and no client.</param>
    /// <returns>Null: it belongs to the fog; else why not.</returns>
    public string? FaultOf(X509Certificate? peer, bool mustBeNode)
    {
        if (peer is null)
            return "no certificate was shown.";
        var certificate = peer as X509Certificate2 ?? new X509Certificate2(peer);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (!chain.Build(certificate))
            return $"the certificate {Describe(certificate)} is not good: {string.Join(" ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()))}";
        if (IsRevoked(certificate.SerialNumber))
            return $"the certificate {Describe(certificate)} has been revoked.";
        return mustBeNode && !MayServe(certificate) ? $"the certificate {Describe(certificate)} is a client's; a machine of the fog needs one that may serve." : null;
    }

    /// <summary>Wraps a connection between two machines of the fog.</summary>
    /// <exception cref="AuthenticationException">The other side does not belong to the fog.</exception>
    public async Task<Stream> SecureAsync(Stream raw, bool isServer, CancellationToken cancellationToken)
    {
        string? fault = null;
        var secure = new SslStream(raw, leaveInnerStreamOpen: false);
        bool Check(object sender, X509Certificate? peer, X509Chain? chain, SslPolicyErrors errors) => (fault = FaultOf(peer, mustBeNode: true)) is null;
        try
        {
            if (isServer)
                await secure.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = Own,
                        ClientCertificateRequired = true,
                        EnabledSslProtocols = Protocols,
                        RemoteCertificateValidationCallback = Check,
                    },
                    cancellationToken).ConfigureAwait(false);
            else
                await secure.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = "",
                        ClientCertificates = [Own],
                        EnabledSslProtocols = Protocols,
                        RemoteCertificateValidationCallback = Check,
                    },
                    cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch (Exception error)
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            if (fault is not null)
                throw new AuthenticationException($"The other side does not belong to the fog: {fault}", error);
            throw;
        }
    }

    public void Dispose()
    {
        _authority.Dispose();
        _own.Dispose();
    }

    /// <summary>Whether it is a machine's certificate, and not a client's.</summary>
    public static bool MayServe(X509Certificate2 certificate) => certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
        .Any(usage => usage.EnhancedKeyUsages.Cast<Oid>().Any(use => use.Value == ServerUse));

    private static string Describe(X509Certificate2 certificate) => $"'{certificate.Subject}' (serial {certificate.SerialNumber}, until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd})";

    /// <summary>Of the platform's store: some cannot use a key that was never in a container.</summary>
    private static X509Certificate2 ReadOwn(TrustOptions options)
    {
        using var read = X509Certificate2.CreateFromPemFile(options.Certificate, options.Key);
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
    }

    private static X509Certificate2 Read(string key, string path, Func<X509Certificate2> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException($"{TrustOptions.Section}:{key} is '{path}', which cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Certificate and key are written one after the other: until both are there, the old one serves.</summary>
    private void TryRenew(DateTime written)
    {
        try
        {
            var renewed = ReadOwn(_options);
            (_own, _ownWritten) = (renewed, written); // the old one is still in use by connections
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Tried again by the next connection.
        }
    }

    private bool IsRevoked(string serial)
    {
        if (_options.Revoked.Length == 0)
            return false;
        lock (_gate)
        {
            try
            {
                var written = File.GetLastWriteTimeUtc(_options.Revoked);
                if (written != _revokedWritten)
                    (_revoked, _revokedWritten) = (
                        [.. File.ReadLines(_options.Revoked).Select(line => line.Trim().ToUpperInvariant()).Where(line => line.Length > 0)], written);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // What was read last still holds.
            }
            return _revoked.Contains(serial.ToUpperInvariant());
        }
    }
}
