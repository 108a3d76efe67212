using System.Globalization;
using E2LLM.Core.Errors;

namespace E2LLM.Planning.Workloads;

/// <summary>
/// Reads arrivals from a CSV file in the form of the Azure LLM inference traces, for whoever replays them and whoever plans for them.
/// </summary>
/// <remarks>
/// The first line that is not blank names the columns; TIMESTAMP, ContextTokens and GeneratedTokens have to be among them, in any order
/// and case. TIMESTAMP is a date and time, UTC unless it says otherwise, or seconds since any start; token counts are whole numbers from
/// 1 to 10,000,000. Requests stand in the order of their times, so that the first of a long trace can be read alone. Blank lines are
/// skipped.
/// </remarks>
public static class TraceReader
{
    private const int MaxTokens = 10_000_000;
    private static readonly string[] Columns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

    /// <summary>The first requests of a trace, one at least; the first of them is due at 0 s. The file is read no further than they need.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read, holds no request, or has a row that makes no sense: names the line.</exception>
    public static IReadOnlyList<TraceRequest> Read(string path, int maxRequests)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRequests, 1);
        try
        {
            return Parse(File.ReadLines(path), path, maxRequests);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException($"trace '{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <param name="lines">The file's lines.</param>
    /// <param name="source">Where the lines came from, for messages.</param>
    /// <param name="maxRequests">How many are wanted; what stands after them is not looked at.</param>
    /// <exception cref="ConfigurationException">There is no request, or a row makes no sense: names the line.</exception>
    public static IReadOnlyList<TraceRequest> Parse(IEnumerable<string> lines, string source, int maxRequests)
    {
        int[]? columns = null;
        List<TraceRequest> requests = [];
        var (number, start) = (0, 0m);
        foreach (var line in lines)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            var cells = line.TrimStart('\uFEFF').Split(',', StringSplitOptions.TrimEntries);
            if (columns is null)
            {
                columns = [.. Columns.Select(column => Array.FindIndex(cells, cell => cell.Equals(column, StringComparison.OrdinalIgnoreCase)))];
                if (columns.Contains(-1))
                    throw Wrong(source, number, line, $"must name the columns {string.Join(", ", Columns)}");
                continue;
            }
            if (cells.Length <= columns.Max() || !TryTime(cells[columns[0]], out var at)
                || !TryTokens(cells[columns[1]], out var promptTokens) || !TryTokens(cells[columns[2]], out var answerTokens))
                throw Wrong(source, number, line, "must hold a time and two token counts from 1 to 10,000,000");
            if (requests.Count == 0)
                start = at;
            var atSeconds = (double)(at - start);
            if (requests.Count > 0 && atSeconds < requests[^1].AtSeconds)
                throw Wrong(source, number, line, "must not be earlier than the request before it: sort the trace by TIMESTAMP");
            requests.Add(new TraceRequest(atSeconds, promptTokens, answerTokens));
            if (requests.Count == maxRequests)
                break;
        }
        return requests.Count > 0 ? requests : throw new ConfigurationException($"trace '{source}' has no request in {number} lines.");
    }

    // Decimal: seconds since the year 1 leave a double no microseconds.
    private static bool TryTime(string cell, out decimal seconds)
    {
        if (decimal.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds))
            return true;
        if (!DateTimeOffset.TryParse(cell, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return false;
        seconds = time.UtcTicks / (decimal)TimeSpan.TicksPerSecond;
        return true;
    }

    private static bool TryTokens(string cell, out int tokens) =>
        int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out tokens) && tokens is >= 1 and <= MaxTokens;

    private static ConfigurationException Wrong(string source, int number, string line, string what) =>
        new($"trace '{source}' line {number} is '{line}', {what}.");
}
