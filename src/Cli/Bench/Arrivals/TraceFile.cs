using System.Globalization;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Bench.Arrivals;

/// <summary>A trace in the form of the Azure LLM inference traces: a CSV file of TIMESTAMP, ContextTokens and GeneratedTokens.</summary>
internal static class TraceFile
{
    private static readonly string[] Columns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

    /// <summary>The first requests of a trace; the first of them is due at 0 s.</summary>
    /// <exception cref="ConfigurationException">The file is not of this form; names the line.</exception>
    public static IReadOnlyList<TraceRequest> Read(string path, int maxRequests)
    {
        using var lines = File.ReadLines(path).GetEnumerator();
        if (!lines.MoveNext())
            throw Wrong(path, 1, "the file is empty");
        var header = Split(lines.Current);
        int[] positions =
            [.. Columns.Select(column => Array.FindIndex(header, name => name.Equals(column, StringComparison.OrdinalIgnoreCase)))];
        if (positions.Contains(-1))
            throw Wrong(path, 1, $"the header must name {string.Join(", ", Columns)}");

        List<TraceRequest> requests = [];
        DateTimeOffset? start = null;
        for (var line = 2; requests.Count < maxRequests && lines.MoveNext(); line++)
        {
            var fields = Split(lines.Current);
            if (fields is [""])
                continue;
            if (fields.Length < header.Length
                || !DateTimeOffset.TryParse(fields[positions[0]], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                || !TryCount(fields[positions[1]], out var promptTokens)
                || !TryCount(fields[positions[2]], out var answerTokens))
                throw Wrong(path, line, $"'{lines.Current}' is no time and two token counts of at least 1");
            start ??= at;
            if ((at - start.Value).TotalSeconds < (requests.Count > 0 ? requests[^1].AtSeconds : 0))
                throw Wrong(path, line, "it is earlier than the line before");
            requests.Add(new TraceRequest((at - start.Value).TotalSeconds, promptTokens, answerTokens));
        }
        return requests.Count > 0 ? requests : throw Wrong(path, 2, "the trace has no request");
    }

    private static string[] Split(string line) => line.TrimStart('\uFEFF').Split(',', StringSplitOptions.TrimEntries);

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;

    private static ConfigurationException Wrong(string path, int line, string what) => new($"trace '{path}', line {line}: {what}.");
}
