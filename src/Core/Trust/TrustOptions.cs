using E2LLM.Core.Configuration;

namespace E2LLM.Core.Trust;

/// <summary>Certificates of a fog's mutual TLS. Section "E2LLM:Tls". All empty: there is none.</summary>
public sealed class TrustOptions
{
    public const string Section = "E2LLM:Tls";

    /// <summary>This machine's certificate, as <c>e2llm cert issue</c> makes it. Read anew where the file changes.</summary>
    [OptionText(Default = "none", Valid = "a PEM file")]
    public string Certificate { get; set; } = "";

    /// <summary>Its private key.</summary>
    [OptionText(Default = "none", Valid = "a PEM file")]
    public string Key { get; set; } = "";

    /// <summary>Certificate of the fog's authority: who shows one of its certificates belongs to the fog.</summary>
    [OptionText(Default = "none", Valid = "a PEM file")]
    public string Authority { get; set; } = "";

    /// <summary>Serial numbers of certificates that are no longer taken, one a line: of a machine that was stolen.</summary>
    [OptionText(Default = "none", Valid = "a text file")]
    public string Revoked { get; set; } = "";

    public bool IsOn => Certificate.Length > 0 || Key.Length > 0 || Authority.Length > 0;

    /// <summary>Either all of them are named, and there, or none.</summary>
    public void Check(OptionErrors errors)
    {
        if (!IsOn)
            return;
        foreach (var (name, path) in new[] { (nameof(Certificate), Certificate), (nameof(Key), Key), (nameof(Authority), Authority) })
            if (path.Length == 0)
                errors.Add($"{errors.Key(name)} is missing; with TLS all of Certificate, Key and Authority are needed.");
            else if (!File.Exists(path))
                errors.Add($"{errors.Key(name)} is '{path}'; there is no such file.");
        if (Revoked.Length > 0 && !File.Exists(Revoked))
            errors.Add($"{errors.Key(nameof(Revoked))} is '{Revoked}'; there is no such file.");
    }
}
