using E2LLM.Core.Models;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Hosting;

/// <summary>Finds every value that is out of its range, and names the key, the value and the range.</summary>
internal sealed class GatewayOptionsValidator(IModelCatalog catalog) : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var errors = new List<string>();
        Check(nameof(options.MaxBodyBytes), options.MaxBodyBytes, 1024, 64 << 20);
        Check(nameof(options.MaxMessages), options.MaxMessages, 1, 65_536);
        Check(nameof(options.MaxPromptCharacters), options.MaxPromptCharacters, 1, 64 << 20);
        Check(nameof(options.KeepAliveSeconds), options.KeepAliveSeconds, 0.01, 300);
        Check(nameof(options.RetryAfterSeconds), options.RetryAfterSeconds, 1, 3600);
        Check(nameof(options.StatusTimeoutSeconds), options.StatusTimeoutSeconds, 0.1, 60);
        if (options.DefaultModel.Length > 0 && catalog.Find(options.DefaultModel) is null)
            errors.Add($"{Key(nameof(options.DefaultModel))} is '{options.DefaultModel}', but the models are: " +
                $"{string.Join(", ", catalog.Models.Select(model => model.Id))}.");
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);

        void Check(string property, double value, double min, double max)
        {
            if (!(value >= min && value <= max))
                errors.Add($"{Key(property)} must be from {min} to {max}, but is {value}.");
        }
    }

    private static string Key(string property) => $"{GatewayOptions.Section}:{property}";
}
