using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using E2LLM.Core.Errors;

namespace E2LLM.Core.Trust;

/// <summary>A fog's own certificate authority: two PEM files in a folder, of which the key should lie nowhere else.</summary>
/// <remarks>Elliptic keys on P-256. What it writes that is secret only the owner may read.</remarks>
public sealed class CertificateAuthority : IDisposable
{
    public const string CertificateName = "authority.pem";
    public const string KeyName = "authority.key";

    private static readonly Oid ServerUse = new(FogTrust.ServerUse);
    private static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");

    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    public DateTimeOffset Until => _certificate.NotAfter;

    /// <summary>Makes an authority where there is none.</summary>
    /// <param name="folder">Made where it is missing.</param>
    /// <param name="name">Of the fog, for people.</param>
    /// <param name="now">Begins its validity, less an hour for clocks that are late.</param>
    /// <param name="days">Of validity.</param>
    /// <exception cref="ConfigurationException">There is one already, or the folder cannot be written to.</exception>
    public static void Create(string folder, string name, DateTimeOffset now, int days)
    {
        var (certificatePath, keyPath) = Paths(folder);
        if (File.Exists(certificatePath) || File.Exists(keyPath))
            throw new ConfigurationException($"'{folder}' holds an authority already. What it has issued would be worth nothing with another: name another folder.");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(name, "authority"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(days));
        Guard(folder, () =>
        {
            Directory.CreateDirectory(folder);
            WriteSecret(keyPath, key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        });
    }

    /// <exception cref="ConfigurationException">There is none, or it cannot be read.</exception>
    public static CertificateAuthority Open(string folder)
    {
        var (certificatePath, keyPath) = Paths(folder);
        if (!File.Exists(certificatePath) || !File.Exists(keyPath))
            throw new ConfigurationException($"'{folder}' holds no authority: it needs {CertificateName} and {KeyName}. 'e2llm cert init' makes them.");
        CertificateAuthority? authority = null;
        Guard(folder, () => authority = new CertificateAuthority(X509Certificate2.CreateFromPemFile(certificatePath, keyPath)));
        return authority!;
    }

    /// <summary>Issues a certificate, or another one for the same name: its key is new too.</summary>
    /// <param name="certificatePath">Where the certificate goes.</param>
    /// <param name="keyPath">Where its key goes.</param>
    /// <param name="name">Of the machine or the client.</param>
    /// <param name="hosts">Names and addresses of a machine, for HTTPS clients that compare them.</param>
    /// <param name="isNode">Whether it is a machine's, which may serve; else a client's.</param>
    /// <param name="now">As for the authority.</param>
    /// <param name="days">Of validity; it never outlives the authority.</param>
    /// <returns>Its serial number.</returns>
    /// <exception cref="ConfigurationException">The files cannot be written.</exception>
    public string Issue(string certificatePath, string keyPath, string name, IEnumerable<string> hosts, bool isNode, DateTimeOffset now, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(name, isNode ? "node" : "client"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(isNode ? [ServerUse, ClientUse] : [ClientUse], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        foreach (var host in hosts)
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset since = now.AddHours(-1) > _certificate.NotBefore ? now.AddHours(-1) : _certificate.NotBefore;
        var until = now.AddDays(days) < Until ? now.AddDays(days) : Until;
        using var certificate = request.Create(_certificate, since, until, RandomNumberGenerator.GetBytes(16));
        Guard(certificatePath, () =>
        {
            // The key first: whoever sees the certificate change finds its key.
            WriteSecret(keyPath, key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        });
        return certificate.SerialNumber;
    }

    public void Dispose() => _certificate.Dispose();

    private static (string Certificate, string Key) Paths(string folder) => (Path.Combine(folder, CertificateName), Path.Combine(folder, KeyName));

    private static X500DistinguishedName NameOf(string name, string kind)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        builder.AddOrganizationalUnitName(kind);
        builder.AddOrganizationName("E2LLM");
        return builder.Build();
    }

    private static void WriteSecret(string path, string pem)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(new FileStream(path, options));
        writer.Write(pem);
    }

    private static void Guard(string path, Action use)
    {
        try
        {
            use();
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException($"'{path}': {error.Message}", error);
        }
    }
}
