using E2LLM.Clustering;

namespace E2LLM.Silo.Tests.Servers;

/// <summary>A store of the tests' own, which they may take away for a while. One for all tests of a class; each test has its own part of it.</summary>
public interface IStoreServer : IAsyncLifetime
{
    /// <summary>Why it is not installed here; null where it is.</summary>
    static abstract string? WhyNot { get; }

    /// <summary>Options of a host that keeps its journal there, as on a command line.</summary>
    /// <param name="part">Small letters; other parts do not see its records.</param>
    IReadOnlyList<string> Journal(string part);

    /// <summary>Of a cluster whose table lies there.</summary>
    /// <param name="part">Small letters: the cluster's name.</param>
    ClusteringOptions Cluster(string part);

    /// <summary>Asked to end, or so that nobody finds it.</summary>
    Task TakeAwayAsync();

    /// <summary>In the middle of whatever it does.</summary>
    Task KillAsync();

    /// <summary>It takes what it is asked to write, and does not answer.</summary>
    Task HangAsync();

    /// <summary>It answers again, late, what it was asked.</summary>
    Task GoOnAsync();

    /// <summary>With all that was in it.</summary>
    Task BringBackAsync();
}
