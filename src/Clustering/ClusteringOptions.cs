using System.Text.RegularExpressions;
using E2LLM.Core.Configuration;

namespace E2LLM.Clustering;

/// <summary>How silos, and clients, find the silos of their cluster, and how silos notice that one is gone. Section "E2LLM:Clustering".</summary>
public sealed partial class ClusteringOptions
{
    public const string Section = "E2LLM:Clustering";

    /// <summary>The table of the cluster's silos.</summary>
    public ClusteringProvider Provider { get; set; }

    /// <summary>What reaches the table, passwords and keys included: it is never logged.</summary>
    [OptionText(Default = "none", Valid = "what the provider takes; none for `Localhost`")]
    public string ConnectionString { get; set; } = "";

    /// <summary>Name of the cluster: silos of one name are one cluster.</summary>
    [OptionText(MaxCharacters = 64)]
    public string ClusterId { get; set; } = "e2llm";

    /// <summary>Name of the service, under which its records lie in the stores: it outlives the cluster.</summary>
    [OptionText(MaxCharacters = 64)]
    public string ServiceId { get; set; } = "e2llm";

    /// <summary>Seconds between two probes of a silo by another, and for each to be answered.</summary>
    [OptionRange(0.1, 60)]
    public double ProbeSeconds { get; set; } = 1;

    /// <summary>Probes in a row that a silo leaves unanswered before the one that asks votes it dead.</summary>
    [OptionRange(1, 100, Unit = "probes")]
    public int MissedProbes { get; set; } = 3;

    /// <summary>
    /// Votes that make a silo dead, of half of the others at most. One is right for up to three silos: more would wait for one that may
    /// be gone too. With more silos, two keep one whose own network is bad from voting all others out.
    /// </summary>
    [OptionRange(1, 10, Unit = "votes")]
    public int Votes { get; set; } = 1;

    /// <summary>What can be told without asking the table.</summary>
    public void Check(OptionErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        CheckName(errors, nameof(ClusterId), ClusterId);
        CheckName(errors, nameof(ServiceId), ServiceId);
        var key = errors.Key(nameof(ConnectionString));
        if (Provider == ClusteringProvider.Localhost && ConnectionString.Length > 0)
            errors.Add($"{key} is given, and {errors.Key(nameof(Provider))} is Localhost, which has none: name the provider that it is for.");
        else if (Provider != ClusteringProvider.Localhost && ConnectionString.Length == 0)
            errors.Add($"{key} is missing; {errors.Key(nameof(Provider))} is {Provider}, which needs one, such as {ConnectionStrings.Example(Provider)}.");
        else if (!ConnectionStrings.IsValid(Provider, ConnectionString))
            errors.Add($"{key} is none of {Provider}, which takes such as {ConnectionStrings.Example(Provider)}; it is not shown, because it may hold a password.");
    }

    private static void CheckName(OptionErrors errors, string option, string value)
    {
        if (!Names().IsMatch(value))
            errors.Add(option, value, "letters, digits, dots, hyphens and underscores");
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Names();
}
