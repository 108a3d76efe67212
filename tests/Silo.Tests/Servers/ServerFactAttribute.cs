using System.ComponentModel;
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace E2LLM.Silo.Tests.Servers;

/// <summary>A test of a suite that runs on several kinds of server: it says why where the kind of its class is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("E2LLM.Silo.Tests.Servers.ServerFactDiscoverer", "E2LLM.Silo.Tests")]
public sealed class ServerFactAttribute : FactAttribute;

public sealed class ServerFactDiscoverer(IMessageSink messages) : FactDiscoverer(messages)
{
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) => new ServerTestCase(
            DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod);
}

public sealed class ServerTestCase : XunitTestCase
{
    /// <summary>For the runner, which hands test cases from one process to another.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("For the runner.")]
    public ServerTestCase()
    {
    }

    public ServerTestCase(IMessageSink messages, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(messages, display, options, method)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) =>
        base.GetSkipReason(factAttribute) ?? WhyNot(TestMethod.TestClass.Class.ToRuntimeType());

    private static string? WhyNot(Type suite) => suite.GetInterfaces()
        .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IClassFixture<>))
        .Select(type => type.GenericTypeArguments[0]).Where(fixture => fixture.IsAssignableTo(typeof(IStoreServer)))
        .Select(server => (string?)server.GetProperty(nameof(IStoreServer.WhyNot), BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)!.GetValue(null))
        .Single();
}
