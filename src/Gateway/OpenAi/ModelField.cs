using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.Models;

namespace E2LLM.Gateway.OpenAi;

/// <summary>The model that a body names, or the one that serves those who name none.</summary>
internal static class ModelField
{
    /// <exception cref="RequestRejectedException">No such model, or none named and several to choose from.</exception>
    public static ModelSpec Read(JsonFields fields, IModelCatalog catalog, GatewayOptions options)
    {
        var name = fields.String(FieldNames.Model);
        if (!string.IsNullOrEmpty(name))
            return catalog.Require(name);
        if (options.DefaultModel.Length > 0)
            return catalog.Require(options.DefaultModel);
        return catalog.Models.Count == 1
            ? catalog.Models[0]
            : throw JsonFields.Rejected(FieldNames.Model, "model must be set, since there is no default one.");
    }
}
