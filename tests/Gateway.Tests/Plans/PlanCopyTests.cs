using E2LLM.Gateway.Plans;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;
using E2LLM.Grains.Interfaces.Plans;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Gateway.Tests.Plans;

/// <summary>What requests know of the plan without asking it.</summary>
public sealed class PlanCopyTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Queue<TaskCompletionSource<PlanStatus>> _questions = [];
    private readonly PlanCopy _copy;

    public PlanCopyTests() => _copy = new PlanCopy(
        () =>
        {
            _questions.Enqueue(new TaskCompletionSource<PlanStatus>());
            return _questions.Last().Task;
        },
        _time);

    [Fact]
    public async Task Read_WithinItsAge_AsksNobody()
    {
        await AnswerAsync(_copy.RenewAsync(), PlanPhase.Ready);

        _time.Advance(PlanReader.CopyAge / 2);

        Assert.Equal(PlanPhase.Ready, _copy.Read(PlanReader.CopyAge)!.Phase);
        Assert.Empty(_questions);
    }

    [Fact]
    public async Task Read_BeyondHalfItsAge_IsAnsweredAtOnceAndRenewed()
    {
        await AnswerAsync(_copy.RenewAsync(), PlanPhase.Ready);
        _time.Advance(PlanReader.CopyAge * 0.6);

        Assert.Equal(PlanPhase.Ready, _copy.Read(PlanReader.CopyAge)!.Phase);
        await AnswerAsync(_copy.RenewAsync(), PlanPhase.Loading);

        Assert.Equal(PlanPhase.Loading, _copy.Read(PlanReader.CopyAge)!.Phase);
        Assert.Empty(_questions);
    }

    [Fact]
    public async Task Read_BeyondItsAge_GivesNothing()
    {
        await AnswerAsync(_copy.RenewAsync(), PlanPhase.Ready);

        _time.Advance(PlanReader.CopyAge * 1.1);

        Assert.Null(_copy.Read(PlanReader.CopyAge));
    }

    [Fact]
    public async Task Renew_ManyAtOnce_AsksOnce()
    {
        var calls = Enumerable.Range(0, 10).Select(_ => _copy.RenewAsync()).ToArray();

        await AnswerAsync(calls[0], PlanPhase.Ready);

        Assert.Empty(_questions);
        Assert.All(await Task.WhenAll(calls), status => Assert.Equal(PlanPhase.Ready, status.Phase));
    }

    [Fact]
    public async Task Renew_AfterAFailure_AsksAgain()
    {
        var failing = _copy.RenewAsync();
        _questions.Dequeue().SetException(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => failing);

        await AnswerAsync(_copy.RenewAsync(), PlanPhase.Ready);

        Assert.NotNull(_copy.Read(PlanReader.CopyAge));
    }

    [Fact]
    public async Task Post_ManyRequests_AskThePlanOnceASecondAtMostTwice()
    {
        await using var host = await GatewayHost.StartAsync();
        var model = host.Fleet.Add(Scripts.Says("x"));
        var startedAt = TimeProvider.System.GetTimestamp();

        for (var index = 0; index < 50; index++)
        {
            using var answer = await host.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id));
            Assert.True(answer.IsSuccessStatusCode);
        }

        var seconds = TimeProvider.System.GetElapsedTime(startedAt).TotalSeconds;
        Assert.InRange(model.StatusReads, 1, 1 + (int)Math.Ceiling(2 * seconds));
    }

    private async Task AnswerAsync(Task call, PlanPhase phase)
    {
        _questions.Dequeue().SetResult(new PlanStatus { Phase = phase });
        await call;
    }
}
