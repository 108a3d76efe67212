namespace E2LLM.Silo.Hosting;

/// <summary>What somebody may have meant who wrote a key that nobody reads.</summary>
internal static class NearestKey
{
    /// <returns>The known key with the fewest letters to change; null where all of them are something else.</returns>
    /// <param name="key">Whole, such as "E2LLM:Serving:KvCell".</param>
    /// <param name="known">Whole keys.</param>
    public static string? Of(string key, IEnumerable<string> known) => known
        .Select(candidate => (Key: candidate, Changes: Math.Min(Changes(key, candidate), Changes(Name(key), Name(candidate)) + 1)))
        .Where(candidate => candidate.Changes <= Math.Max(2, Name(key).Length / 3))
        .OrderBy(candidate => candidate.Changes).ThenBy(candidate => candidate.Key, StringComparer.Ordinal)
        .Select(candidate => candidate.Key)
        .FirstOrDefault();

    private static string Name(string key) => key[(key.LastIndexOf(':') + 1)..];

    /// <summary>Levenshtein's distance, without regard to case, as keys are.</summary>
    private static int Changes(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 0; i < left.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 0; j < right.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(left[i]) == char.ToUpperInvariant(right[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], row[j + 1]) + 1);
            }
        }
        return row[^1];
    }
}
