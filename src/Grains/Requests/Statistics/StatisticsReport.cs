using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Scheduling.Statistics;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Requests.Statistics;

/// <summary>Tells the statistics of a request's end. Its answer is complete by then, and nothing here can fail it.</summary>
internal static partial class StatisticsReport
{
    public static async Task SendAsync(IGrainFactory grains, RequestRecord record, ReplicaRoute? route, ILogger logger)
    {
        try
        {
            var end = RequestEnds.Of(record.Request, record.Finish, record.Failure, record.Timeline, route?.PrefillKey, route?.DecoderKey);
            await grains.GetGrain<IRequestStatisticsGrain>(record.Request.ModelId).AddAsync(end);
        }
        catch (Exception exception)
        {
            LogNotCounted(logger, exception, record.Request.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The statistics could not be told of the end of request {Request}: they lack it.")]
    private static partial void LogNotCounted(ILogger logger, Exception exception, string request);
}
