using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Statistics;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.OpenAi;
using E2LLM.Grains.Interfaces.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Statistics;

/// <summary>
/// GET /v1/statistics: counts and latencies of the requests of every model, in all, by role and by replica, and counts by caller.
/// </summary>
internal sealed class StatisticsEndpoint(IGrainFactory grains, IModelCatalog catalog, IOptions<GatewayOptions> options, TimeProvider time)
{
    public async Task GetAsync(HttpContext http)
    {
        var all = await Task.WhenAll(catalog.Models.Select(async model => (model.Id, await GetAsync(model.Id, http.RequestAborted))));
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var (id, statistics) in all)
                StatisticsJson.Write(json, id, statistics);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <exception cref="ModelNotReadyException">They do not answer in time.</exception>
    private async Task<RequestStatistics> GetAsync(string modelId, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(options.Value.StatusTimeoutSeconds);
        try
        {
            return await grains.GetGrain<IRequestStatisticsGrain>(modelId).GetAsync().WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException timedOut)
        {
            throw new ModelNotReadyException($"The statistics of model '{modelId}' did not answer within {timeout.TotalSeconds} s.", timedOut);
        }
    }
}
