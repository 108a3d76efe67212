using E2LLM.Gateway.Chat;
using E2LLM.Gateway.OpenAi;
using E2LLM.Grains.Interfaces.Requests;
using Microsoft.AspNetCore.Http;

namespace E2LLM.Gateway.Requests;

/// <summary>GET and DELETE /v1/requests/{id}: how a request is faring; its end before time, or, once it is done, the end of its record. Never its text.</summary>
internal sealed class RequestEndpoint(IGrainFactory grains, OpenAiErrorWriter errors)
{
    public async Task GetAsync(HttpContext http)
    {
        var record = await FindAsync(http);
        await (record is null
            ? errors.WriteAsync(http, OpenAiErrorMap.RequestNotFound())
            : JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json => RequestJson.Write(json, record)));
    }

    /// <summary>202 where it was not done and is being stopped, 200 where its record is gone.</summary>
    public async Task DeleteAsync(HttpContext http)
    {
        if (await FindAsync(http) is not { } record)
        {
            await errors.WriteAsync(http, OpenAiErrorMap.RequestNotFound());
            return;
        }

        if (!await grains.GetGrain<IRequestGrain>(record.Request.Id).DeleteAsync())
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        await JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", record.Request.Id);
            json.WriteString("object", "request.deleted");
            json.WriteBoolean("deleted", true);
            json.WriteEndObject();
        });
    }

    private async Task<RequestRecord?> FindAsync(HttpContext http)
    {
        var id = http.Request.RouteValues["id"] as string;
        return ChatRequestRules.IsRequestId(id)
            ? await grains.GetGrain<IRequestGrain>(id).GetAsync().WaitAsync(http.RequestAborted)
            : null;
    }
}
