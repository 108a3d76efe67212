using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Session;

namespace E2LLM.Core.Tests.Serialization;

/// <summary>The serializer that grain calls use, without a cluster.</summary>
internal static class WireSerializer
{
    public static readonly IServiceProvider Services = new ServiceCollection()
        .AddSerializer(builder => builder.AddAssembly(typeof(Core.Errors.E2LlmException).Assembly))
        .BuildServiceProvider();

    public static SerializerSessionPool Sessions => Services.GetRequiredService<SerializerSessionPool>();

    public static byte[] Write<T>(T value) => Services.GetRequiredService<Serializer<T>>().SerializeToArray(value);

    public static T Read<T>(byte[] bytes) => Services.GetRequiredService<Serializer<T>>().Deserialize(bytes)!;

    /// <summary>What arrives on the other side of a remote call.</summary>
    public static T Send<T>(T value) => Read<T>(Write(value));

    /// <summary>What arrives on the other side of a local call.</summary>
    public static T Copy<T>(T value) => Services.GetRequiredService<DeepCopier<T>>().Copy(value)!;
}
