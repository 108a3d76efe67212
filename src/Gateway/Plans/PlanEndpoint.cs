using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;

namespace E2LLM.Gateway.Plans;

/// <summary>GET /v1/plan: which device holds which layers, and how far each plan has come.</summary>
internal sealed class PlanEndpoint(PlanReader plans)
{
    public async Task GetAsync(HttpContext http)
    {
        var all = await plans.GetAllAsync(http.RequestAborted);
        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var (model, status) in all)
                PlanJson.Write(json, model.Id, status);
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
