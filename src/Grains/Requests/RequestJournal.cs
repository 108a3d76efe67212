using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Grains.Requests;

/// <summary>What is stored of a request.</summary>
[GenerateSerializer, Alias("E2LLM.RequestJournal")]
public sealed class RequestJournal
{
    /// <summary>Null before the request is accepted.</summary>
    [Id(0)] public RequestRecord? Record { get; set; }
}
