using System.Data.Common;
using System.Net.Sockets;
using E2LLM.Core.Errors;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace E2LLM.Silo.Hosting;

/// <summary>Tells what whoever starts a program can do something about from what is a defect of it.</summary>
public static class StartFailure
{
    /// <returns>A sentence or more, without any stack; null where it is a defect, whose stack is wanted.</returns>
    public static string? Describe(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            switch (cause)
            {
                // Of a configuration file: the outer one names it, the innermost one says where the fault is.
                case InvalidDataException { InnerException: not null }:
                    return $"{cause.Message} {cause.GetBaseException().Message}";
                case E2LlmException or IOException or UnauthorizedAccessException or SocketException or DbException or RedisException
                    or OptionsValidationException or InvalidDataException or TimeoutException or Orleans.Runtime.OrleansException:
                    return cause.Message;
            }
        return null;
    }
}
