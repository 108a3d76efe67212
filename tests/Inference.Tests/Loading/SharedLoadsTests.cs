using E2LLM.Inference.Loading;

namespace E2LLM.Inference.Tests.Loading;

public sealed class SharedLoadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Get_FromATurn_LoadsOutsideOfIt()
    {
        var loads = new SharedLoads<string, TaskScheduler>(_ => Task.FromResult(TaskScheduler.Current));
        var turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        var turn = Task.Factory.StartNew(
            () => loads.GetAsync("a", CancellationToken.None).AsTask(), CancellationToken.None, TaskCreationOptions.None, turns);
        Assert.Same(TaskScheduler.Default, await await turn);
    }

    [Fact]
    public async Task Get_BySeveralAtOnce_LoadsOnceForAllOfThem()
    {
        var calls = 0;
        var loaded = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var loads = new SharedLoads<string, string>(_ =>
        {
            Interlocked.Increment(ref calls);
            return loaded.Task;
        });
        var waiting = Enumerable.Range(0, 5).Select(_ => loads.GetAsync("a", CancellationToken.None).AsTask()).ToArray();
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        loaded.SetResult("it");
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Patience), value => Assert.Equal("it", value));
        Assert.Equal("it", await loads.GetAsync("a", CancellationToken.None));
        Assert.Equal(1, calls);
    }

    [Fact]
    public async Task Get_AfterALoadThatFailed_TriesAnewAndKeepsWhatSucceeds()
    {
        var calls = 0;
        var loads = new SharedLoads<string, int>(_ => ++calls < 3 ? throw new InvalidDataException($"call {calls}") : Task.FromResult(calls));
        for (var call = 1; call < 3; call++)
        {
            var error = await Assert.ThrowsAsync<InvalidDataException>(async () => await loads.GetAsync("a", CancellationToken.None));
            Assert.Equal($"call {call}", error.Message);
        }
        Assert.Equal(3, await loads.GetAsync("a", CancellationToken.None));
        Assert.Equal(3, await loads.GetAsync("a", CancellationToken.None));
    }

    [Fact]
    public async Task Get_ThatIsCancelled_LeavesTheLoadToTheOthers()
    {
        var loaded = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var loads = new SharedLoads<string, string>(_ => loaded.Task);
        using var cancellation = new CancellationTokenSource();
        var first = loads.GetAsync("a", cancellation.Token).AsTask();
        var second = loads.GetAsync("a", CancellationToken.None).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        loaded.SetResult("it");
        Assert.Equal("it", await second.WaitAsync(Patience));
    }

    [Fact]
    public async Task Close_GivesOutWhatIsThereAndRefusesTheRest()
    {
        var loads = new SharedLoads<string, string>(Task.FromResult);
        Assert.Equal("a", await loads.GetAsync("a", CancellationToken.None));
        Assert.Equal("a", await Assert.Single(loads.Close()));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await loads.GetAsync("b", CancellationToken.None));
    }
}
