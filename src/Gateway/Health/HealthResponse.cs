using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace E2LLM.Gateway.Health;

/// <summary>The body of /health: "ok" or "unavailable", and the phase of every model's plan.</summary>
internal static class HealthResponse
{
    public static Task WriteAsync(HttpContext http, HealthReport report) => JsonResponse.WriteAsync(http, http.Response.StatusCode, json =>
    {
        json.WriteStartObject();
        json.WriteString("status", report.Status == HealthStatus.Unhealthy ? "unavailable" : "ok");
        json.WriteStartObject("models");
        if (report.Entries.TryGetValue(PlanHealthCheck.Name, out var plans))
            foreach (var (model, phase) in plans.Data)
                json.WriteString(model, phase.ToString());
        json.WriteEndObject();
        json.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
            json.WriteString(name, entry.Description ?? entry.Status.ToString());
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
