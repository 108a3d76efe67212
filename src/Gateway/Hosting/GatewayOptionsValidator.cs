using E2LLM.Core.Configuration;
using E2LLM.Core.Models;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Hosting;

/// <summary>Finds every value that is out of its range, and names the key, the value and the range.</summary>
internal sealed class GatewayOptionsValidator(IModelCatalog catalog) : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var errors = new OptionErrors(GatewayOptions.Section).CheckRanges(options);
        options.Check(errors, catalog.Models.Select(model => model.Id));
        return errors.Lines.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors.Lines);
    }
}
