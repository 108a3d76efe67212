namespace E2LLM.Scheduling.Routing;

/// <summary>Chooses the replica of a request. Stateless: the same facts give the same choice.</summary>
public interface IRoutingPolicy
{
    /// <summary>The name it is asked for by.</summary>
    string Name { get; }

    /// <returns>Index of the chosen replica.</returns>
    /// <exception cref="ArgumentException">There are no replicas.</exception>
    int Choose(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request);
}
