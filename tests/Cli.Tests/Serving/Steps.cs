using Xunit.Abstractions;

namespace E2LLM.Cli.Tests.Serving;

/// <summary>Says how long each step of a test took: where several processes wait for each other, the sum alone tells nothing.</summary>
internal sealed class Steps(ITestOutputHelper output)
{
    private readonly long _startedAt = TimeProvider.System.GetTimestamp();

    public Task TakeAsync(string name, Task step) => TakeAsync(name, WithResultAsync(step));

    public async Task<T> TakeAsync<T>(string name, Task<T> step)
    {
        var begunAt = TimeProvider.System.GetTimestamp();
        var outcome = "failed";
        try
        {
            var result = await step;
            outcome = "done";
            return result;
        }
        finally
        {
            output.WriteLine(
                $"{TimeProvider.System.GetElapsedTime(_startedAt).TotalSeconds,6:F1} s, {TimeProvider.System.GetElapsedTime(begunAt).TotalSeconds,5:F1} s of them for this: {name}, {outcome}");
        }
    }

    private static async Task<bool> WithResultAsync(Task step)
    {
        await step;
        return true;
    }
}
