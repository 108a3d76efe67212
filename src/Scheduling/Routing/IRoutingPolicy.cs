namespace E2LLM.Scheduling.Routing;

/// <summary>Chooses the replicas of a request. Stateless: the same facts give the same choice.</summary>
public interface IRoutingPolicy
{
    /// <summary>The name it is asked for by.</summary>
    string Name { get; }

    /// <summary>Chooses among replicas that all run whole requests, whatever their roles.</summary>
    /// <returns>Index of the chosen replica.</returns>
    /// <exception cref="ArgumentException">There are no replicas.</exception>
    int Choose(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request);

    /// <summary>Chooses a MIXED replica, or a PREFILL replica and one that goes on from there.</summary>
    /// <param name="replicas">All that serve the model.</param>
    /// <param name="request">The request.</param>
    /// <param name="transfer">Price of the hand-off; null: none.</param>
    /// <exception cref="ArgumentException">No replica, or no pair of them, can serve a request.</exception>
    Route ChooseRoute(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, KvTransferSeconds? transfer = null);
}
