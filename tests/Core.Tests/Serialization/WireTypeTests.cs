using System.Reflection;
using E2LLM.Core.Errors;

namespace E2LLM.Core.Tests.Serialization;

public sealed class WireTypeTests
{
    public static TheoryData<Type> All => [.. WireTypes];

    public static TheoryData<Type> Values => [.. WireTypes.Where(type => !type.IsAssignableTo(typeof(Exception)))];

    private static Type[] WireTypes { get; } =
        [.. typeof(E2LlmException).Assembly.GetTypes().Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))];

    [Fact]
    public void WireTypes_Aliases_AreUniqueAndCarryThePrefix()
    {
        var aliases = WireTypes.Select(type => type.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias ?? $"none on {type}").ToArray();

        Assert.True(aliases.Length > 20);
        Assert.All(aliases, alias => Assert.StartsWith("E2LLM.", alias));
        Assert.Equal(aliases.Length, aliases.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void WireType_Ids_AreDenseAndOnEveryPropertyThatHoldsState(Type type)
    {
        var own = SampleFactory.Properties(type).Where(property => property.DeclaringType == type).ToArray();

        var ids = own.Select(property => property.GetCustomAttribute<IdAttribute>()?.Id ?? uint.MaxValue).Order();

        Assert.Equal(Enumerable.Range(0, own.Length).Select(id => (uint)id), ids);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void WireType_Shape_IsSealedAndSetOnce(Type type)
    {
        Assert.True(type.IsSealed || type == typeof(E2LlmException));
        Assert.All(
            type.GetProperties().Where(property => property.DeclaringType == type && property.SetMethod is { IsPublic: true }),
            property => Assert.Contains(
                property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers(), modifier => modifier.Name == "IsExternalInit"));
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void WireType_SentRemotely_ArrivesWhole(Type type)
    {
        var sample = new SampleFactory().Create(type);
        var described = SampleFactory.Describe(sample); // before sending, which hands tensors over

        var received = WireSerializer.Send(sample);

        Assert.IsType(type, received);
        Assert.Equal(described, SampleFactory.Describe(received));
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void WireType_SentLocally_IsNotCopied(Type type)
    {
        if (type.IsValueType)
            return;
        var sample = new SampleFactory().Create(type);

        Assert.Same(sample, WireSerializer.Copy(sample));
    }
}
