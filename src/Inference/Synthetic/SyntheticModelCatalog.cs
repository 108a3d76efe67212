using E2LLM.Core.Models;

namespace E2LLM.Inference.Synthetic;

/// <summary>Models that exist as figures alone.</summary>
public sealed class SyntheticModelCatalog(params ModelSpec[] models) : IModelCatalog
{
    public IReadOnlyList<ModelSpec> Models => models;

    public ModelSpec? Find(string modelId) => models.FirstOrDefault(model => model.Id == modelId);
}
