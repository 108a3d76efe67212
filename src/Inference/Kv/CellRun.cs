namespace E2LLM.Inference.Kv;

/// <summary>KV cells that one slot wrote in one go; a cell is told by its run and its position.</summary>
/// <param name="Id">Unique within an engine.</param>
/// <param name="Start">Its first position; it ends where the slot's next run starts.</param>
internal readonly record struct CellRun(long Id, int Start);
