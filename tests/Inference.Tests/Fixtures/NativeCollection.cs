namespace E2LLM.Inference.Tests.Fixtures;

/// <summary>Tests on the real engine: one after another, since each keeps a core busy, and with the models made once.</summary>
[CollectionDefinition(Name)]
public sealed class NativeCollection : ICollectionFixture<TestModels>
{
    public const string Name = "native";
}
