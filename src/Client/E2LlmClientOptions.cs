using System.Net;
using E2LLM.Core.Configuration;
using E2LLM.Core.Trust;

namespace E2LLM.Client;

/// <summary>Where the fleet is. The defaults are those of a silo on this machine.</summary>
public sealed class E2LlmClientOptions
{
    /// <summary>Gateway ports of silos; one that answers suffices. Default 127.0.0.1:30000.</summary>
    public IReadOnlyList<IPEndPoint> Gateways { get; set; } = [new(IPAddress.Loopback, 30000)];

    /// <summary>
    /// Finds the gateways elsewhere, such as in the cluster's table: <c>client =&gt; ClusteringSetup.AddTo(client, clustering)</c> of the project
    /// E2LLM.Clustering. <see cref="Gateways"/>, <see cref="ClusterId"/> and <see cref="ServiceId"/> are not looked at then. Default: null.
    /// </summary>
    public Action<IClientBuilder>? Discovery { get; set; }

    /// <summary>The cluster's name, as its silos have it. Default "e2llm".</summary>
    public string ClusterId { get; set; } = "e2llm";

    /// <summary>The service's name, as its silos have it. Default "e2llm".</summary>
    public string ServiceId { get; set; } = "e2llm";

    /// <summary>As <see cref="E2LlmClient.CallerId"/>. Default "".</summary>
    public string CallerId { get; set; } = "";

    /// <summary>Certificates, where the fog has TLS: a client's of its own, and its authority's. Default none.</summary>
    public TrustOptions Tls { get; set; } = new();

    /// <summary>Seconds to go on trying while no silo answers.</summary>
    [OptionRange(0.1, 600)]
    public double ConnectTimeoutSeconds { get; set; } = 10;
}
