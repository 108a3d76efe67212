using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.Nodes;

internal static class ServingOptionsCopy
{
    /// <summary>All that can be set: an option that somebody adds later is copied too.</summary>
    public static void Copy(ServingOptions from, ServingOptions to)
    {
        foreach (var property in typeof(ServingOptions).GetProperties().Where(property => property.CanWrite))
            property.SetValue(to, property.GetValue(from));
    }
}
