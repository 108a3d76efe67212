namespace E2LLM.Simulation.Timelines;

/// <summary>Hears when stages compute and KV caches travel, while a simulation runs; on its thread.</summary>
public interface ITimelineListener
{
    /// <summary>Of one stage in the order of its steps, none before the one before it has ended. Told when the step is issued, so perhaps ahead of the virtual time.</summary>
    void OnStageBusy(StageBusy busy);

    /// <summary>In the order in which they begin.</summary>
    void OnKvTransfer(KvTransfer transfer);
}
