using System.Text.Json;
using System.Text.Json.Serialization;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Cli.Demo;

/// <summary>The demo's outcome as one JSON document.</summary>
internal static class DemoReport
{
    public const string EmulatedNetwork = "emulated: frames are held back as long as the links would take";

    public const string NamespacesNetwork = "network namespaces over links with delay, rate and loss; those between devices of one process emulated";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string ToJson(PlanStatus status, string prompt, string answer, ChatDelta last, string network) => JsonSerializer.Serialize(new
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
        network,
        timesAre = "emulated: real engines on one machine, slowed to the fleet's figures",
    }, Options);
}
