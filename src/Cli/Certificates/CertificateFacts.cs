using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using E2LLM.Core.Errors;
using E2LLM.Core.Trust;

namespace E2LLM.Cli.Certificates;

/// <summary>What a certificate was issued for.</summary>
internal static class CertificateFacts
{
    /// <exception cref="ConfigurationException">The file is no certificate.</exception>
    public static (string Name, string[] Hosts, bool IsNode) Read(string path)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
            var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
            var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ToArray();
            string[] hosts =
            [
                .. names.SelectMany(entry => entry.EnumerateDnsNames()).Where(host => host != name),
                .. names.SelectMany(entry => entry.EnumerateIPAddresses()).Select(address => address.ToString()),
            ];
            return (name, hosts, FogTrust.MayServe(certificate));
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"'{path}' is no certificate that can be read: {error.Message}", error);
        }
    }
}
