using System.Text.Json;
using E2LLM.Core.Plans.Documents;
using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;

namespace E2LLM.Gateway.Plans;

/// <summary>GET /v1/plan: which device holds which layers, and how far each plan has come.</summary>
internal sealed class PlanEndpoint(PlanReader plans)
{
    public async Task GetAsync(HttpContext http)
    {
        var all = await plans.GetAllAsync(http.RequestAborted);
        var answer = new ServedPlans { Models = [.. all.Select(entry => ServedPlanReport.Of(entry.Model.Id, entry.Status))] };
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json => JsonSerializer.Serialize(json, answer, PlanJson.Http));
    }
}
