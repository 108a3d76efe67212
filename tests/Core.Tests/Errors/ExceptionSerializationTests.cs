using E2LLM.Core.Errors;
using E2LLM.Core.Tests.Serialization;

namespace E2LLM.Core.Tests.Errors;

public sealed class ExceptionSerializationTests
{
    public static TheoryData<Type> All =>
        [.. typeof(E2LlmException).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(E2LlmException)))];

    [Theory]
    [MemberData(nameof(All))]
    public void Exception_SentRemotely_KeepsTypeMessageInnerAndWhetherToRetry(Type type)
    {
        var inner = new RequestRejectedException("inner message");
        var sent = (E2LlmException)Activator.CreateInstance(type, "42 bytes are short on pi-1", inner)!;

        var received = Assert.IsAssignableFrom<E2LlmException>(WireSerializer.Send<Exception>(sent));

        Assert.IsType(type, received);
        Assert.Equal("42 bytes are short on pi-1", received.Message);
        Assert.Equal(sent.MayRetry, received.MayRetry);
        Assert.Equal("inner message", Assert.IsType<RequestRejectedException>(received.InnerException).Message);
    }

    [Theory]
    [InlineData(typeof(OverloadedException), true)]
    [InlineData(typeof(EngineException), true)]
    [InlineData(typeof(DeviceUnavailableException), true)]
    [InlineData(typeof(KvTransferException), true)]
    [InlineData(typeof(RequestRejectedException), false)]
    [InlineData(typeof(ConfigurationException), false)]
    [InlineData(typeof(PlanningException), false)]
    [InlineData(typeof(ModelFileException), false)]
    public void MayRetry_OfEachKind_SaysWhetherWaitingHelps(Type type, bool mayRetry) =>
        Assert.Equal(mayRetry, ((E2LlmException)Activator.CreateInstance(type, "message", null)!).MayRetry);

    [Fact]
    public void Exception_RootItself_KeepsWhetherToRetry() =>
        Assert.True(WireSerializer.Send(new E2LlmException("message", mayRetry: true)).MayRetry);
}
