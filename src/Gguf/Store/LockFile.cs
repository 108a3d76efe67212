namespace E2LLM.Gguf.Store;

/// <summary>Lets one process at a time into a piece of work. The operating system frees the lock when its process dies.</summary>
internal static class LockFile
{
    // Cutting a slice takes from a tenth of a second to minutes.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(50);

    /// <returns>Dispose it to let the next one in. The file itself stays: deleting it would let two in at once.</returns>
    public static async Task<IDisposable> AcquireAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryAcquire(path) is { } acquired)
                return acquired;
            await Task.Delay(RetryAfter, time, cancellationToken);
        }
    }

    /// <summary>Null where somebody else holds the lock.</summary>
    public static IDisposable? TryAcquire(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (IsSharingViolation(error))
        {
            return null;
        }
    }

    // Windows: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION. Elsewhere .NET reports the errno of flock: EWOULDBLOCK is 11 on Linux, 35 on macOS.
    private static bool IsSharingViolation(IOException error) =>
        OperatingSystem.IsWindows() ? (error.HResult & 0xFFFF) is 32 or 33 : error.HResult is 11 or 35;
}
