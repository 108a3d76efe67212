using System.Globalization;
using E2LLM.Core.Errors;
using E2LLM.Core.Workloads;

namespace E2LLM.Planning.Workloads;

/// <summary>Reads a trace as a workload: a CSV file with the columns TIMESTAMP, ContextTokens and GeneratedTokens, one request a line.</summary>
/// <remarks>TIMESTAMP is a date and time or seconds since any start. Rows may come in any order.</remarks>
public static class TraceReader
{
    private const int MaxRows = 10_000_000;
    private static readonly string[] Columns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

    /// <exception cref="ConfigurationException">The file cannot be read, is empty, or has a row that makes no sense: names the line.</exception>
    public static WorkloadSpec Read(string path)
    {
        try
        {
            return Parse(File.ReadLines(path), Path.GetFileNameWithoutExtension(path), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException($"trace '{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <param name="lines">The file's lines.</param>
    /// <param name="name">The workload's name.</param>
    /// <param name="source">Where the lines came from, for messages.</param>
    /// <exception cref="ConfigurationException">The trace is empty, or a row makes no sense: names the line.</exception>
    public static WorkloadSpec Parse(IEnumerable<string> lines, string name, string source)
    {
        int[]? columns = null;
        var (times, inputs, outputs) = (new List<double>(), new List<double>(), new List<double>());
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            var cells = line.Split(',');
            if (columns is null)
            {
                columns = [.. Columns.Select(column => Array.FindIndex(cells, cell => cell.Trim() == column))];
                if (columns.Contains(-1))
                    throw new ConfigurationException($"trace '{source}' line {number} is '{line}', must name the columns {string.Join(", ", Columns)}.");
                continue;
            }
            if (times.Count == MaxRows)
                throw new ConfigurationException($"trace '{source}' has more than {MaxRows} requests.");
            if (cells.Length <= columns.Max() || !TryTime(cells[columns[0]], out var time)
                || !TryTokens(cells[columns[1]], out var input) || !TryTokens(cells[columns[2]], out var output))
                throw new ConfigurationException(
                    $"trace '{source}' line {number} is '{line}', must hold a time and two token counts from 1 to 10,000,000.");
            times.Add(time);
            inputs.Add(input);
            outputs.Add(output);
        }
        if (times.Count < 2)
            throw new ConfigurationException($"trace '{source}' has {times.Count} requests, must have at least 2.");
        times.Sort();
        var gaps = times.Zip(times.Skip(1), (first, second) => second - first).ToList();
        if (gaps.Sum() <= 0)
            throw new ConfigurationException($"trace '{source}': TIMESTAMP is the same in all {times.Count} rows, must give a rate.");
        return new WorkloadSpec
        {
            Name = name,
            RequestsPerSecond = 1 / gaps.Average(),
            MeanInputTokens = inputs.Average(),
            MeanOutputTokens = outputs.Average(),
            ArrivalScv = Scv(gaps),
            InputTokensScv = Scv(inputs),
            OutputTokensScv = Scv(outputs),
            HorizonRequests = times.Count,
        };
    }

    private static double Scv(List<double> values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / values.Count / (mean * mean);
    }

    private static bool TryTime(string cell, out double seconds)
    {
        if (double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds))
            return double.IsFinite(seconds);
        if (!DateTime.TryParse(cell, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return false;
        seconds = time.Ticks / (double)TimeSpan.TicksPerSecond;
        return true;
    }

    private static bool TryTokens(string cell, out double tokens) =>
        double.TryParse(cell, NumberStyles.Integer, CultureInfo.InvariantCulture, out tokens) && tokens is >= 1 and <= 10_000_000;
}
