using E2LLM.Core.Errors;
using E2LLM.Core.Models;

namespace E2LLM.Gateway.Models;

internal static class ModelCatalogExtensions
{
    /// <exception cref="RequestRejectedException">The model is not in the catalog; lists those that are.</exception>
    public static ModelSpec Require(this IModelCatalog catalog, string? modelId) =>
        (string.IsNullOrEmpty(modelId) ? null : catalog.Find(modelId)) ??
        throw new RequestRejectedException(
            $"The model '{Shorten(modelId)}' does not exist. There is: {string.Join(", ", catalog.Models.Select(model => model.Id))}.")
        {
            Code = RejectionCodes.ModelNotFound,
            Parameter = "ModelId",
        };

    private static string? Shorten(string? modelId) => modelId is { Length: > 100 } ? modelId[..100] + "…" : modelId;
}
