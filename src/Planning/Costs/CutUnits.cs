using E2LLM.Core.Models;

namespace E2LLM.Planning.Costs;

/// <summary>
/// What a model can be cut into: single layers, or runs of <see cref="ModelSpec.CutPeriodLayers"/>, the last one shorter where they don't come
/// out even. All searches count units, and call them layers, which they mostly are.
/// </summary>
public sealed class CutUnits(ModelSpec model)
{
    public int Count { get; } = (model.LayerCount + model.CutPeriodLayers - 1) / model.CutPeriodLayers;

    /// <summary>Layers of a unit of mean size.</summary>
    public double MeanLayers => (double)model.LayerCount / Count;

    /// <summary>The layer that a unit begins with; all layers, for the end of the last.</summary>
    public int LayerAt(int unit) => Math.Min(unit * model.CutPeriodLayers, model.LayerCount);

    /// <summary>The unit that begins with a layer, or the number of units for the end of the model; -1 where no unit begins there.</summary>
    public int UnitAt(int layer) =>
        layer == model.LayerCount ? Count : layer % model.CutPeriodLayers == 0 ? layer / model.CutPeriodLayers : -1;

    /// <summary>Values of units, from those of layers.</summary>
    public IEnumerable<double> Sums(IReadOnlyList<double> ofLayers) => Enumerable.Range(0, Count).Select(unit =>
    {
        var sum = 0.0;
        for (var layer = LayerAt(unit); layer < LayerAt(unit + 1); layer++)
            sum += ofLayers[layer];
        return sum;
    });
}
