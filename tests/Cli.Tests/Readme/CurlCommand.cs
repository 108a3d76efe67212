using System.Net.Http.Headers;

namespace E2LLM.Cli.Tests.Readme;

/// <summary>A curl command of the options that the README uses.</summary>
public sealed record CurlCommand(string Url, IReadOnlyList<string> Headers, string? Body)
{
    public static CurlCommand Parse(IReadOnlyList<string> words)
    {
        string? url = null, body = null;
        List<string> headers = [];
        for (var index = 0; index < words.Count; index++)
        {
            switch (words[index])
            {
                case "-H":
                    headers.Add(words[++index]);
                    break;
                case "-d":
                    body = words[++index];
                    break;
                case ['-', ..] option:
                    throw new FormatException($"This test does not know curl's {option}.");
                default:
                    url = words[index];
                    break;
            }
        }
        return new CurlCommand(url ?? throw new FormatException("A curl command without an address."), headers, body);
    }

    /// <summary>The request, to another server.</summary>
    public HttpRequestMessage ToRequest(string address)
    {
        var request = new HttpRequestMessage(Body is null ? HttpMethod.Get : HttpMethod.Post, address + new Uri(Url).PathAndQuery);
        if (Body is not null)
            request.Content = new StringContent(Body);
        foreach (var header in Headers.Select(header => header.Split(':', 2, StringSplitOptions.TrimEntries)))
        {
            if (header[0].Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
                request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(header[1]);
            else
                request.Headers.Add(header[0], header[1]);
        }
        return request;
    }

    public override string ToString() => Url;
}
