namespace E2LLM.Silo.Tests.Storage.Stores;

/// <summary>A store that a test may take away for a while.</summary>
public interface ITestStore : IAsyncDisposable
{
    /// <summary>Options of a host that keeps its journal there, as on a command line.</summary>
    IReadOnlyList<string> Arguments { get; }

    Task TakeAwayAsync();

    /// <summary>With all that was in it.</summary>
    Task BringBackAsync();
}
