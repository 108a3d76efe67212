using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Grains.Requests;

/// <summary>What is stored of a request.</summary>
[GenerateSerializer, Alias("E2LLM.RequestJournal")]
public sealed class RequestJournal : IReadLater
{
    /// <summary>Null before the request is accepted.</summary>
    [Id(0)] public RequestRecord? Record { get; set; }

    /// <inheritdoc/>
    [field: NonSerialized]
    public bool IsUnread { get; set; }

    /// <summary>A record as it is stored.</summary>
    /// <param name="record">The whole of it.</param>
    /// <param name="storeText">False: without the tokens of prompt and answer. How many there were is in its timeline.</param>
    internal static RequestJournal Of(RequestRecord record, bool storeText) => new()
    {
        Record = storeText ? record : record with
        {
            Request = record.Request with { PromptTokens = [], Answer = [] },
            GeneratedTokens = [],
        },
    };
}
