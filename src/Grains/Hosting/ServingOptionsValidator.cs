using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Grains.Plans;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Hosting;

internal sealed class ServingOptionsValidator(IPlanAdvisor advisor) : IValidateOptions<ServingOptions>
{
    private readonly RangeValidator<ServingOptions> _rules = new(ServingOptions.Section, (options, errors) =>
    {
        options.Check(errors);
        CheckPlanner(advisor, options.Planner, errors);
    });

    public ValidateOptionsResult Validate(string? name, ServingOptions options) => _rules.Validate(name, options);

    private static void CheckPlanner(IPlanAdvisor advisor, string planner, OptionErrors errors)
    {
        try
        {
            advisor.FindPlanner(planner);
        }
        catch (ConfigurationException unknown)
        {
            errors.Add($"{errors.Key(nameof(ServingOptions.Planner))}: {unknown.Message}");
        }
    }
}
