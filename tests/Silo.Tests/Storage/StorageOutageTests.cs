using E2LLM.Core.Errors;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace E2LLM.Silo.Tests.Storage;

public sealed class StorageOutageTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines<StorageOutage> _log = new();
    private readonly StorageOutage _outage;

    public StorageOutageTests() => _outage = new StorageOutage(_time, _log);

    [Fact]
    public void Enter_WhileTheStoreIsGone_LetsOneCallAPeriodThrough()
    {
        _outage.Enter();
        _outage.Failed(new IOException("gone"));

        Assert.Throws<StorageUnavailableException>(() => _outage.Enter());
        _time.Advance(StorageOutage.ProbePeriod);
        _outage.Enter();
        Assert.Throws<StorageUnavailableException>(() => _outage.Enter());
    }

    [Fact]
    public void Failed_AThousandTimes_IsLoggedOnce()
    {
        for (var call = 0; call < 1000; call++)
            _outage.Failed(new IOException("gone"));
        _time.Advance(StorageOutage.ProbePeriod);
        _outage.Answered(_outage.Enter());
        _outage.Answered(_outage.Enter());

        Assert.Equal([LogLevel.Error, LogLevel.Warning], _log.All.Select(line => line.Level));
        Assert.Contains("again after 2 s", _log.All[1].Text);
    }

    [Fact]
    public void Answered_CallThatBeganBefore_DoesNotEndTheOutage()
    {
        var slow = _outage.Enter();
        _outage.Failed(new IOException("gone"));

        _outage.Answered(slow);

        Assert.Throws<StorageUnavailableException>(() => _outage.Enter());
    }
}
