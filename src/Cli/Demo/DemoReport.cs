using System.Text.Json;
using System.Text.Json.Serialization;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Cli.Demo;

/// <summary>The demo's outcome as one JSON document.</summary>
internal static class DemoReport
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string ToJson(PlanStatus status, string prompt, string answer, ChatDelta last) => JsonSerializer.Serialize(new
    {
        model = status.Model!.Id,
        fleet = status.Fleet,
        profiles = status.Profiles,
        plan = status.Plan,
        prompt,
        answer,
        finish = last.Finish,
        failure = last.Failure,
        timeline = last.Timeline,
        timesAre = "emulated: real engines on one machine, slowed to the fleet's figures",
    }, Options);
}
