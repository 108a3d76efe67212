using Microsoft.Extensions.DependencyInjection;
using Orleans.CodeGeneration;
using Orleans.Serialization;
using Orleans.Serialization.Invocation;

namespace E2LLM.Cluster.Tests.Faults;

/// <summary>Does to the calls that leave one silo, or one client, what <see cref="GrainFaults"/> says.</summary>
/// <param name="faults">Who decides.</param>
/// <param name="services">Of the silo or client; what is needed of them is made later than this filter.</param>
internal sealed class FaultFilter(GrainFaults faults, IServiceProvider services) : IOutgoingGrainCallFilter
{
    /// <summary>Whether the call that is being made is a second one, which has had its fault.</summary>
    private static readonly AsyncLocal<bool> IsSecond = new();

    private readonly TimeProvider _time = services.GetService<TimeProvider>() ?? TimeProvider.System;

    public async Task Invoke(IOutgoingGrainCallContext call)
    {
        if (IsSecond.Value)
        {
            IsSecond.Value = false; // what its target calls is made anew
            await call.Invoke();
            return;
        }
        var name = faults.Names.Of(call);
        var fault = name is null ? null : faults.Next(name, !CallNames.MayNotComeTwice(call));
        switch (fault?.Kind)
        {
            case null:
                await call.Invoke();
                break;
            case FaultKind.LostCall:
                Lose(call, name!);
                break;
            case FaultKind.LostReply:
                await call.Invoke();
                Lose(call, name!);
                break;
            case FaultKind.Delay:
                var delay = Task.Delay(fault.Value.Delay, _time);
                faults.Track(delay);
                await delay;
                await call.Invoke();
                break;
            case FaultKind.Duplicate:
                var second = Copy(call);
                var first = call.Invoke();
                faults.Track(SendAsync((GrainReference)call.Grain, second, fault.Value.Delay));
                await first;
                break;
        }
    }

    /// <summary>What the runtime tells a caller of a message that is lost; it would only take its time to.</summary>
    private static void Lose(IOutgoingGrainCallContext call, string name)
    {
        if (!OptionsOf(call.Request).HasFlag(InvokeMethodOptions.OneWay))
            throw new TimeoutException($"The test lost {name}.");
        call.Response = Response.Completed;
    }

    private async Task SendAsync(GrainReference target, IInvokable call, TimeSpan delay)
    {
        try
        {
            if (delay > TimeSpan.Zero)
                await Task.Delay(delay, _time);
            var runtime = services.GetRequiredService<IGrainReferenceRuntime>();
            IsSecond.Value = true;
            if (OptionsOf(call).HasFlag(InvokeMethodOptions.OneWay))
                runtime.InvokeMethod(target, call, OptionsOf(call));
            else
                await runtime.InvokeMethodAsync<object>(target, call, OptionsOf(call));
        }
        catch (Exception)
        {
            // Nobody hears of it.
        }
    }

    /// <summary>
    /// A second message with the same contents. Within a silo arguments are handed over and not copied, and writing a message takes its
    /// tensors away: so the first one gets new arguments, too.
    /// </summary>
    private IInvokable Copy(IOutgoingGrainCallContext call)
    {
        var serializer = services.GetRequiredService<Serializer>();
        var bytes = serializer.SerializeToArray<object>(call.Request);
        var first = (IInvokable)serializer.Deserialize<object>(bytes)!;
        for (var index = 0; index < call.Request.GetArgumentCount(); index++)
            if (call.Request.GetArgument(index) is not CancellationToken)
                call.Request.SetArgument(index, first.GetArgument(index)!);
        return (IInvokable)serializer.Deserialize<object>(bytes)!;
    }

    private static InvokeMethodOptions OptionsOf(IInvokable call) => call is RequestBase request ? request.Options : InvokeMethodOptions.None;
}
