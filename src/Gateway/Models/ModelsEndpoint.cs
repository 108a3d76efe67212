using System.Text.Json;
using E2LLM.Core.Models;
using E2LLM.Gateway.OpenAi;
using Microsoft.AspNetCore.Http;

namespace E2LLM.Gateway.Models;

/// <summary>GET /v1/models and /v1/models/{id}.</summary>
internal sealed class ModelsEndpoint(IModelCatalog catalog, TimeProvider time)
{
    // The API wants a time of creation; the catalog has none, and clients only want it not to change.
    private readonly long _created = time.GetUtcNow().ToUnixTimeSeconds();

    public Task ListAsync(HttpContext http) => JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in catalog.Models)
            Write(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public Task GetAsync(HttpContext http)
    {
        // Kestrel decodes a path except for its slashes, and ids such as "org/model" have one.
        var id = (http.Request.RouteValues["id"] as string)?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var model = catalog.Require(id);
        return JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, model));
    }

    private void Write(Utf8JsonWriter json, ModelSpec model)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        json.WriteString("object", "model");
        json.WriteNumber("created", _created);
        json.WriteString("owned_by", "e2llm");
        json.WriteString("architecture", model.Architecture);
        json.WriteNumber("context_length", model.ContextLengthTokens);
        json.WriteNumber("layers", model.LayerCount);
        json.WriteEndObject();
    }
}
