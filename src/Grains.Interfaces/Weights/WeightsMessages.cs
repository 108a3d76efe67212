using System.Collections.Immutable;
using E2LLM.Core.Weights;

namespace E2LLM.Grains.Interfaces.Weights;

/// <summary>What a silo has of a model's weights, and where to ask for it.</summary>
[GenerateSerializer, Alias("E2LLM.WeightsOffer"), Immutable]
public sealed record WeightsOffer
{
    /// <summary>Name of the silo.</summary>
    [Id(0)] public required string Silo { get; init; }

    /// <summary>Of the silo's process.</summary>
    [Id(1)] public required long Incarnation { get; init; }

    /// <summary>Of the manifest, lower-case hex.</summary>
    [Id(2)] public required string Root { get; init; }

    /// <summary>Length of the manifest itself.</summary>
    [Id(3)] public required int ManifestBytes { get; init; }

    /// <summary>Name or address of the silo's data port.</summary>
    [Id(4)] public required string Host { get; init; }

    [Id(5)] public required int Port { get; init; }

    /// <summary>Whether it has all of it.</summary>
    [Id(6)] public required bool IsWhole { get; init; }

    [Id(7)] public required WeightsProgress Progress { get; init; }
}

/// <summary>What becomes of an offer.</summary>
[GenerateSerializer, Alias("E2LLM.WeightsAnswer"), Immutable]
public sealed record WeightsAnswer
{
    /// <summary>The silo whose files are the model, where they are others than the offering silo's; empty: they are the same.</summary>
    [Id(0)] public string OtherSilo { get; init; } = "";
}

/// <summary>A silo that has pieces.</summary>
[GenerateSerializer, Alias("E2LLM.WeightsHolder"), Immutable]
public sealed record WeightsHolder([property: Id(0)] string Silo, [property: Id(1)] string Host, [property: Id(2)] int Port, [property: Id(3)] bool IsWhole);

/// <summary>Where a model's weights come from.</summary>
[GenerateSerializer, Alias("E2LLM.WeightsSource"), Immutable]
public sealed record WeightsSource
{
    /// <summary>Of the manifest, lower-case hex. The holders have the manifest itself.</summary>
    [Id(0)] public required string Root { get; init; }

    /// <summary>Length of the manifest.</summary>
    [Id(1)] public required int ManifestBytes { get; init; }

    /// <summary>Some of them, those that have everything first.</summary>
    [Id(2)] public ImmutableArray<WeightsHolder> Holders { get; init; } = [];
}

/// <summary>A silo with a model's weights, or some of them.</summary>
[GenerateSerializer, Alias("E2LLM.SiloWeights"), Immutable]
public sealed record SiloWeights([property: Id(0)] string Silo, [property: Id(1)] bool IsWhole, [property: Id(2)] WeightsProgress Progress);
