namespace E2LLM.Inference.Synthetic;

/// <summary>How long a synthetic engine takes: call + layers x (layer + rows x row) + outputs x head. All zero by default.</summary>
public sealed record SyntheticTiming
{
    /// <summary>Of a step with rows, whatever is in it.</summary>
    public double CallSeconds { get; init; }

    /// <summary>Of one layer in a step with rows: what reading the weights costs.</summary>
    public double LayerSeconds { get; init; }

    /// <summary>Of one row in one layer: what the arithmetic costs.</summary>
    public double RowLayerSeconds { get; init; }

    /// <summary>Of the head for one output row.</summary>
    public double HeadSeconds { get; init; }

    /// <summary>Of one step.</summary>
    public double StepSeconds(int layers, int rows, int outputs) =>
        rows == 0 ? 0 : CallSeconds + LayersSeconds(layers, rows) + outputs * HeadSeconds;

    internal double LayersSeconds(int layers, int rows) => layers * (LayerSeconds + rows * RowLayerSeconds);
}
