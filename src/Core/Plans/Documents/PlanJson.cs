using System.Text.Encodings.Web;
using System.Text.Json;

namespace E2LLM.Core.Plans.Documents;

/// <summary>How plans are written as JSON: the same types everywhere, with names in the manner of what surrounds them.</summary>
public static class PlanJson
{
    /// <summary>Of the HTTP API: snake_case, on one line.</summary>
    public static readonly JsonSerializerOptions Http = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
    };

    /// <summary>Of files that people keep: camelCase, indented. Names of people's devices stay readable; never for a page as they are.</summary>
    public static readonly JsonSerializerOptions File = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        WriteIndented = true,
    };

    /// <summary>A role, phase or kind as documents write it: "prefill".</summary>
    public static string NameOf(Enum value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.ToString().ToLowerInvariant();
    }

    /// <param name="name">As <see cref="NameOf"/> gives it.</param>
    /// <param name="role">The role.</param>
    public static bool TryParseRole(string name, out ReplicaRole role)
    {
        role = Enum.GetValues<ReplicaRole>().FirstOrDefault(candidate => NameOf(candidate) == name);
        return NameOf(role) == name;
    }
}
