namespace E2LLM.Core.Models;

/// <summary>The models that this machine can serve.</summary>
public interface IModelCatalog
{
    IReadOnlyList<ModelSpec> Models { get; }

    /// <summary>Null where the model is unknown.</summary>
    ModelSpec? Find(string modelId);
}
