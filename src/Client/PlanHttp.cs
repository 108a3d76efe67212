using System.Net.Http.Json;
using E2LLM.Core.Plans.Documents;

namespace E2LLM.Client;

/// <summary>The plans of a fleet over HTTP, for programs that have no Orleans client.</summary>
public static class PlanHttp
{
    /// <param name="http">With the gateway's address as its base.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="HttpRequestException">The gateway does not answer, or not with its plans.</exception>
    public static async Task<ServedPlans> GetPlansAsync(this HttpClient http, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(http);
        return await http.GetFromJsonAsync<ServedPlans>("/v1/plan", PlanJson.Http, cancellationToken)
            ?? throw new HttpRequestException("The gateway answered with null instead of its plans.");
    }
}
