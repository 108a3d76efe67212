using System.Reflection;
using E2LLM.Silo.Storage;
using Xunit.Sdk;

namespace E2LLM.Silo.Tests.Storage.Stores;

/// <summary>Runs a test on a kind of store, or says why it cannot.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class StoreDataAttribute(StorageProvider provider) : DataAttribute
{
    public StorageProvider Provider => provider;

    public override string? Skip
    {
        get => provider == StorageProvider.AzureBlob ? Azurite.WhyNot : null;
        set => throw new NotSupportedException();
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[provider]];
}
