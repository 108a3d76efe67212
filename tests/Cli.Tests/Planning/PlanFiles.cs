namespace E2LLM.Cli.Tests.Planning;

/// <summary>A folder of its own, which goes when the test is done.</summary>
internal sealed class PlanFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("e2llm-plan-");

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
