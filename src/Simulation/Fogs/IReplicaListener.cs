using E2LLM.Scheduling.Batching;

namespace E2LLM.Simulation.Fogs;

/// <summary>Hears what replicas do with requests, and says what they sample.</summary>
internal interface IReplicaListener
{
    void OnAdmitted(SimulatedReplica replica, AdmittedRequest admitted);

    void OnReserved(SimulatedReplica replica, KvReservation reservation);

    /// <summary>The next token of a request.</summary>
    int Sample(string requestId);

    void OnUpdate(SimulatedReplica replica, RequestUpdate update);
}
