namespace E2LLM.Inference.Engines;

/// <summary>Sees the logits of an output row before they are sampled; for exactness tests.</summary>
internal delegate void LogitsObserver(int sequence, int position, ReadOnlySpan<float> logits);
