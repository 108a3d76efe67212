using E2LLM.Scheduling.Batching;

namespace E2LLM.Simulation.Fogs;

/// <summary>Hears what replicas do with requests.</summary>
internal interface IReplicaListener
{
    /// <summary>Whether it wants to hear of tokens in the middle of answers, too.</summary>
    bool HearsEveryToken => false;

    void OnAdmitted(SimulatedReplica replica, AdmittedRequest admitted);

    void OnReserved(SimulatedReplica replica, KvReservation reservation);

    /// <summary>Something that its owner has to know: the first token, what can be handed on, the end.</summary>
    void OnUpdate(SimulatedReplica replica, RequestUpdate update);
}
