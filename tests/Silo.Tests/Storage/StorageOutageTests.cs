using E2LLM.Core.Errors;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.Persistence.Redis;

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

    [Theory]
    [InlineData("StackExchange.Redis.RedisConnectionException: No connection is active/available to service this operation: HGETALL k; more", true)]
    [InlineData("StackExchange.Redis.RedisTimeoutException: Timeout awaiting response (outbound=0KiB, inbound=0KiB), command=HGETALL", true)]
    [InlineData("StackExchange.Redis.RedisServerException: OOM command not allowed when used memory > 'maxmemory'.", true)]
    [InlineData("Orleans.Serialization.SerializerException: Unknown type.", false)]
    public void IsOf_WhatOrleansRedisProviderThrows_TellsTheServerFromTheRecord(string inner, bool isOfStore)
    {
        // Its client's exception stands in the text alone.
        var error = new RedisStorageException($"Failed to read grain state for request with ID request/r and storage key k. {inner}");

        Assert.Equal(isOfStore, StorageOutage.IsOf(error));
        if (isOfStore)
            Assert.DoesNotContain("command=", StorageOutage.ReasonOf(error));
        if (inner.Contains("OOM"))
            Assert.Equal("OOM command not allowed when used memory > 'maxmemory'.", StorageOutage.ReasonOf(error));
    }
}
