using E2LLM.Scheduling.Batching;

namespace E2LLM.Simulation.Fogs;

/// <summary>Hears what replicas do with requests.</summary>
internal interface IReplicaListener
{
    void OnAdmitted(SimulatedReplica replica, AdmittedRequest admitted);

    void OnReserved(SimulatedReplica replica, KvReservation reservation);

    void OnUpdate(SimulatedReplica replica, RequestUpdate update);
}
