using E2LLM.Gateway.Hosting;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Access;

/// <summary>Lets web pages of the configured origins call the API and read its answers.</summary>
internal sealed class CorsAccess(IOptions<GatewayOptions> options) : IConfigureOptions<CorsOptions>
{
    public const string Policy = "e2llm";

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "DELETE"];
    private static readonly string[] ExposedHeaders = ["x-request-id", "Retry-After"];

    /// <summary>How long a browser remembers that it may ask.</summary>
    private static readonly TimeSpan PreflightAge = TimeSpan.FromMinutes(10);

    public static bool IsOn(GatewayOptions options) => NameList.Read(options.CorsOrigins).Count > 0;

    /// <summary>Whether an entry of the option is a scheme, a host and perhaps a port, and nothing more.</summary>
    public static bool IsValid(string entry) => entry == NameList.Any
        || (Uri.TryCreate(entry, UriKind.Absolute, out var origin) && origin.Host.Length > 0 && !entry.EndsWith('/')
            && origin.PathAndQuery.TrimEnd('/').Length == 0 && origin.Fragment.Length == 0 && origin.UserInfo.Length == 0);

    public void Configure(CorsOptions cors) => cors.AddPolicy(Policy, policy =>
    {
        var origins = NameList.Read(options.Value.CorsOrigins);
        if (NameList.HasAny(origins))
            policy.AllowAnyOrigin();
        else
            policy.WithOrigins([.. origins]);
        policy.WithMethods(Methods).AllowAnyHeader().WithExposedHeaders(ExposedHeaders).SetPreflightMaxAge(PreflightAge);
    });
}
