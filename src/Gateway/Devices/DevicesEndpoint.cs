using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Gateway.Calls;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.OpenAi;
using E2LLM.Grains.Interfaces.Fleets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Devices;

/// <summary>GET /v1/devices: the devices of every model's fleet. POST /v1/devices/{id}/{drain|pause|resume|evict}: orders one away, or back.</summary>
internal sealed class DevicesEndpoint(IGrainFactory grains, IModelCatalog catalog, IOptions<GatewayOptions> options, TimeProvider time)
{
    public async Task GetAsync(HttpContext http) =>
        await WriteAsync(http, await Task.WhenAll(catalog.Models.Select(async model => (model.Id, await WithinTimeAsync(Fleet(model.Id).GetStatusAsync, http)))));

    public async Task OrderAsync(HttpContext http)
    {
        // A page of another site cannot send this type without being allowed to.
        if (!http.Request.HasJsonContentType())
            throw new BadHttpRequestException("Content-Type must be application/json.", StatusCodes.Status415UnsupportedMediaType);
        var device = (string)http.Request.RouteValues["id"]!;
        var order = (string)http.Request.RouteValues["order"]! switch
        {
            "drain" => DeviceOrder.Drain,
            "pause" => DeviceOrder.Pause,
            "resume" => DeviceOrder.None,
            "evict" => DeviceOrder.Evict,
            var other => throw new RequestRejectedException($"There is no order '{other}'; there are: drain, pause, resume, evict.") { Code = RejectionCodes.InvalidValue },
        };
        var fleets = await Task.WhenAll(catalog.Models.Select(async model => (model.Id, Status: await WithinTimeAsync(Fleet(model.Id).GetStatusAsync, http))));
        if (!fleets.Any(fleet => Hosts(fleet.Status, device)))
            throw new RequestRejectedException(
                $"No silo hosts device '{device}'. There are: {string.Join(", ", fleets.SelectMany(fleet => fleet.Status.Devices).Select(known => known.Spec.Id))}.")
            {
                Code = RejectionCodes.DeviceNotFound,
            };
        await WriteAsync(http, await Task.WhenAll(fleets.Select(async fleet => (
            fleet.Id, Hosts(fleet.Status, device) ? await WithinTimeAsync(() => Fleet(fleet.Id).OrderAsync(device, order), http) : fleet.Status))));
    }

    private static bool Hosts(FleetStatus status, string device) => status.Devices.Any(known => known.Spec.Id == device);

    private IFleetGrain Fleet(string modelId) => grains.GetGrain<IFleetGrain>(modelId);

    private static Task WriteAsync(HttpContext http, IEnumerable<(string ModelId, FleetStatus Status)> fleets) =>
        JsonResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models");
            foreach (var (modelId, status) in fleets)
                DeviceJson.Write(json, modelId, status);
            json.WriteEndArray();
            json.WriteEndObject();
        });

    /// <exception cref="ModelNotReadyException">The fleet does not answer in time.</exception>
    private async Task<FleetStatus> WithinTimeAsync(Func<Task<FleetStatus>> ask, HttpContext http)
    {
        var timeout = TimeSpan.FromSeconds(options.Value.StatusTimeoutSeconds);
        try
        {
            return await PatientCall.AskAsync(ask, timeout, time, http.RequestAborted);
        }
        catch (TimeoutException timedOut)
        {
            throw new ModelNotReadyException($"The fleet did not answer within {timeout.TotalSeconds} s.", timedOut);
        }
    }
}
