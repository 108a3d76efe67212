using System.Net.Sockets;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Silo.Hosting;
using Microsoft.Data.Sqlite;

namespace E2LLM.Silo.Tests.Hosting;

public sealed class StartFailureTests
{
    public static TheoryData<Exception, string?> Failures => new()
    {
        { new ConfigurationException("KvCells is 'abc'."), "KvCells is 'abc'." },
        { new AggregateException(new InvalidOperationException("outer", new IOException("The disk is full."))), "The disk is full." },
        { new SocketException((int)SocketError.AddressAlreadyInUse), new SocketException((int)SocketError.AddressAlreadyInUse).Message },
        { new SqliteException("file is not a database", 26), "file is not a database" },
        {
            new InvalidDataException("Failed to load configuration from file 'appsettings.json'.", new FormatException("no JSON", new JsonException("Line 3."))),
            "Failed to load configuration from file 'appsettings.json'. Line 3."
        },
        { new InvalidOperationException("A defect.", new ArgumentException("inner")), null },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Describe_Failure_IsASentenceUnlessItIsADefect(Exception failure, string? expected) =>
        Assert.Equal(expected, StartFailure.Describe(failure));
}
