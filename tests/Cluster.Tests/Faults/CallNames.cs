using System.Collections.Concurrent;
using Orleans.Serialization.Invocation;

namespace E2LLM.Cluster.Tests.Faults;

/// <summary>
/// Names of calls: "IReplicaGrain.CompleteStepAsync". A method that returns an <see cref="IAsyncEnumerable{T}"/> is called in parts, by
/// way of an extension of its grain: "IRequestGrain.RunAsync/StartEnumeration", "IRequestGrain.RunAsync/MoveNext",
/// "IRequestGrain.RunAsync/DisposeAsync".
/// </summary>
internal sealed class CallNames
{
    private readonly ConcurrentDictionary<Guid, string> _streams = [];

    /// <summary>Null for calls of the runtime itself, which are nobody's business.</summary>
    public string? Of(IOutgoingGrainCallContext call)
    {
        if (IsStream(call))
            return $"{StreamOf(call.Request)}/{call.InterfaceMethod.Name}";
        var type = call.Request.GetInterfaceType();
        return type.Namespace?.StartsWith("E2LLM.", StringComparison.Ordinal) == true ? $"{type.Name}.{call.InterfaceMethod.Name}" : null;
    }

    /// <summary>
    /// Whether a second call would do what no second message does: it takes the next element out of the stream and throws it away. The
    /// runtime sends nothing twice, and these calls nobody tries again.
    /// </summary>
    public static bool MayNotComeTwice(IOutgoingGrainCallContext call) =>
        IsStream(call) && call.InterfaceMethod.Name != nameof(IAsyncEnumerableGrainExtension.DisposeAsync);

    private static bool IsStream(IOutgoingGrainCallContext call) => call.Request.GetInterfaceType() == typeof(IAsyncEnumerableGrainExtension);

    /// <summary>Only the first part says which method it belongs to.</summary>
    private string StreamOf(IInvokable part)
    {
        var id = (Guid)part.GetArgument(0)!;
        return part.GetArgumentCount() > 1 && part.GetArgument(1) is IInvokable method
            ? _streams.GetOrAdd(id, $"{method.GetInterfaceType().Name}.{method.GetMethod().Name}")
            : _streams.GetValueOrDefault(id, "?");
    }
}
