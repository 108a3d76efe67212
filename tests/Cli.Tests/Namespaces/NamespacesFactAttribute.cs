using E2LLM.Cli.Namespaces;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Tests.Namespaces;

/// <summary>Of what this system has to have, and this process to be let do; elsewhere the test says why it does not run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamespacesFactAttribute : FactAttribute
{
    public NamespacesFactAttribute()
    {
        try
        {
            FogNetwork.ThrowIfImpossible();
        }
        catch (ConfigurationException reason)
        {
            Skip = reason.Message;
        }
    }
}
