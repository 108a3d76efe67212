using System.Text.RegularExpressions;
using E2LLM.Core.Configuration;
using E2LLM.Planning;
using E2LLM.Scheduling.Routing;
using E2LLM.Silo.Hosting;
using Microsoft.Extensions.Configuration;

namespace E2LLM.Silo.Tests.Configuration;

/// <summary>The table of the README says of every option what the program does.</summary>
public sealed partial class ReadmeTableTests
{
    private static readonly Dictionary<string, IReadOnlyList<string>> Names = new()
    {
        ["E2LLM:Serving:RoutingPolicy"] = RoutingPolicies.Names,
        ["E2LLM:Serving:Planner"] = PlannerRegistry.Names,
    };

    private static readonly IReadOnlyList<OptionFact> Facts = ReadFacts();

    /// <summary>Key, default, range and meaning of each row.</summary>
    private static readonly IReadOnlyList<string[]> Rows = ReadRows();

    public static TheoryData<string> Keys => [.. Facts.Select(fact => fact.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Table_EveryOption_StandsThereWithDefaultAndRange(string key)
    {
        var fact = Facts.Single(option => option.Key == key);
        var valid = Names.TryGetValue(key, out var names) ? "one of: " + string.Join(", ", names) : fact.Valid;

        var row = Assert.Single(Rows, cells => cells[0] == key);

        Assert.Equal((Plain(fact.Default), Plain(valid)), (row[1], row[2]));
        Assert.NotEmpty(row[2]);
        Assert.NotEmpty(row[3]);
    }

    [Fact]
    public void Table_EveryRow_IsAnOption() => Assert.Empty(Rows.Select(cells => cells[0]).Except(Facts.Select(fact => fact.Key)));

    [Fact]
    public void Options_OfAllSections_AreNumbersWithARangeOrNoNumbers() => Assert.Empty(Facts.Where(fact => !fact.HasRange).Select(fact => fact.Key));

    private static List<OptionFact> ReadFacts()
    {
        var reader = new ConfigurationReader(new ConfigurationBuilder().Build());
        // Whatever listens on the default ports of this machine is none of these tests' business.
        HostConfiguration.Read(reader, host => (host.HttpPort, host.SiloPort, host.GatewayPort) = (0, 0, 0));
        return [.. reader.Facts];
    }

    private static List<string[]> ReadRows() =>
    [
        .. File.ReadLines(Path.Combine(FindRoot(), "README.md"))
            .Where(line => line.StartsWith("| `E2LLM:", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split(" | ").Select(Plain).ToArray()),
    ];

    /// <summary>Without code marks, and without the commas that make long numbers readable.</summary>
    private static string Plain(string cell) => Thousands().Replace(cell.Replace("`", ""), "").Trim();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "E2LLM.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds E2LLM.sln.");
    }

    [GeneratedRegex(@"(?<=\d),(?=\d{3})")]
    private static partial Regex Thousands();
}
