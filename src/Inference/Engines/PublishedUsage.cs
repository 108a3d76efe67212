using E2LLM.Core.Engines;

namespace E2LLM.Inference.Engines;

/// <summary>An engine's usage, written by its worker and read by anybody: both figures in one word, so that they belong together.</summary>
internal sealed class PublishedUsage
{
    private long _packed;

    public StageEngineUsage Value
    {
        get
        {
            var packed = Interlocked.Read(ref _packed);
            return new StageEngineUsage((int)(packed >> 32), (int)packed);
        }
        set => Interlocked.Exchange(ref _packed, (long)value.OpenSequences << 32 | (uint)value.KvCellsInUse);
    }
}
