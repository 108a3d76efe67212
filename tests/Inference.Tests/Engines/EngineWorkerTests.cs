using System.Runtime.CompilerServices;
using E2LLM.Core.Errors;
using E2LLM.Inference.Engines;

namespace E2LLM.Inference.Tests.Engines;

public sealed class EngineWorkerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Stop_WhileOthersPost_LetsNothingRunAfterTheCleanUp()
    {
        // A gap between the last item and the end of adding is met once in some hundred rounds.
        const int rounds = 2_000;
        const int posters = 3;
        const int mostWaiting = 50;
        for (var round = 0; round < rounds; round++)
        {
            var worker = new EngineWorker("w");
            using var start = new Barrier(posters + 1);
            var isCleanedUp = false;
            var ranTooLate = false;
            var waiting = 0;
            var posting = Enumerable.Range(0, posters).Select(_ => Task.Factory.StartNew(Post, TaskCreationOptions.LongRunning)).ToArray();
            start.SignalAndWait();
            await worker.StopAsync(() => isCleanedUp = true).WaitAsync(Patience);
            await Task.WhenAll(posting).WaitAsync(Patience);
            Assert.False(ranTooLate, $"Round {round}: work ran on what had been cleaned up.");

            void Post()
            {
                start.SignalAndWait();
                Task<bool> work;
                do
                {
                    while (Volatile.Read(ref waiting) > mostWaiting)
                        Thread.Yield();
                    Interlocked.Increment(ref waiting);
                    work = worker.Post(Work, onDropped: () => Interlocked.Decrement(ref waiting), CancellationToken.None);
                }
                while (!work.IsFaulted);
            }

            bool Work()
            {
                Interlocked.Decrement(ref waiting);
                return ranTooLate |= isCleanedUp;
            }
        }
    }

    [Fact]
    public async Task Stop_DropsWhatWaitsLetsWhatRunsFinishAndRefusesWhatComesLater()
    {
        var worker = new EngineWorker("w");
        using var start = new ManualResetEventSlim();
        using var finish = new ManualResetEventSlim();
        var order = new List<string>();
        var dropped = 0;
        var running = worker.Post(
            () =>
            {
                start.Set();
                return Note("work", finish.Wait(Patience));
            },
            onDropped: () => dropped++, CancellationToken.None);
        Assert.True(start.Wait(Patience));
        var waiting = worker.Post(() => Note("never", true), onDropped: () => dropped++, CancellationToken.None);
        var stopped = worker.StopAsync(() => order.Add("clean-up"));
        var late = worker.Post(() => Note("never", true), onDropped: () => dropped++, CancellationToken.None);
        Assert.Contains("w is being unloaded", (await Assert.ThrowsAsync<EngineException>(() => late)).Message);
        Assert.False(stopped.IsCompleted);
        finish.Set();
        Assert.True(await running);
        await Assert.ThrowsAsync<EngineException>(() => waiting);
        await stopped.WaitAsync(Patience);
        Assert.Equal(["work", "clean-up"], order);
        Assert.Equal(2, dropped);

        bool Note(string what, bool result)
        {
            order.Add(what);
            return result;
        }
    }

    [Fact]
    public async Task Stop_Twice_CleansUpOnce()
    {
        var worker = new EngineWorker("w");
        var cleaned = 0;
        await Task.WhenAll(worker.StopAsync(() => cleaned++), worker.StopAsync(() => cleaned++)).WaitAsync(Patience);
        await worker.StopAsync(() => cleaned++).WaitAsync(Patience);
        Assert.Equal(1, cleaned);
    }

    [Fact]
    public async Task Post_ThatIsDropped_LeavesNothingBehindInTheToken()
    {
        var worker = new EngineWorker("w");
        using var cancellation = new CancellationTokenSource();
        await worker.StopAsync(() => { });
        var work = await DropAsync(worker, cancellation.Token);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(work.IsAlive, "The token still holds on to the work.");
    }

    [Fact]
    public async Task Post_CancelledBeforeItsTurn_IsDroppedOnceAndNeverRuns()
    {
        var worker = new EngineWorker("w");
        using var finish = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var (dropped, ran) = (0, false);
        var running = worker.Post(() => finish.Wait(Patience), onDropped: () => { }, CancellationToken.None);
        var waiting = worker.Post(() => ran = true, onDropped: () => dropped++, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        finish.Set();
        Assert.True(await running);
        await worker.StopAsync(() => { }).WaitAsync(Patience);
        Assert.Equal((1, false), (dropped, ran));
    }

    // The work must not live on in a variable of the test.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> DropAsync(EngineWorker worker, CancellationToken cancellationToken)
    {
        var held = new object();
        await Assert.ThrowsAsync<EngineException>(() => worker.Post(held.GetHashCode, onDropped: () => { }, cancellationToken));
        return new WeakReference(held);
    }
}
