using E2LLM.Core.Errors;

namespace E2LLM.Planning.Tests;

public class PlannerRegistryTests
{
    [Fact]
    public void Get_UnknownName_ListsTheValidOnes()
    {
        var error = Assert.Throws<ConfigurationException>(() => PlannerRegistry.Get("magic"));
        Assert.All(PlannerRegistry.Names, name => Assert.Contains(name, error.Message));
        Assert.Contains("'magic'", error.Message);
    }

    [Fact]
    public void Get_EveryListedName_FindsThePlannerOfThatName() =>
        Assert.All(PlannerRegistry.Names.Concat(PlannerRegistry.AblationNames), name => Assert.Equal(name, PlannerRegistry.Get(name).Name));
}
