using E2LLM.Core.Configuration;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Hosting;

/// <summary>Checks the ranges of options, and what else is to be checked of them.</summary>
internal sealed class RangeValidator<TOptions>(string section, Action<TOptions, OptionErrors>? checkMore = null) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var errors = new OptionErrors(section).CheckRanges(options);
        checkMore?.Invoke(options, errors);
        return errors.Lines.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors.Lines);
    }
}
