using System.Xml.Linq;

namespace E2LLM.Architecture.Tests;

/// <summary>The source tree that this test was built from.</summary>
internal static class Repository
{
    private static readonly string[] Generated = ["bin", "obj", "node_modules", "artifacts"];

    /// <summary>Folder of E2LLM.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Names of the projects in src.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Files("src", "*.csproj").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    public static XDocument Project(string name) => XDocument.Load(Path.Combine(Root, "src", name, name + ".csproj"));

    /// <summary>What the items of a kind in a project file include.</summary>
    public static IReadOnlyList<string> Items(string project, string kind) =>
        [.. Project(project).Descendants(kind).Select(item => item.Attribute("Include")!.Value)];

    /// <summary>Files below a folder of the repository, without what builds leave there; paths are relative to the root.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => Generated.Contains(part)))
            .Order(StringComparer.Ordinal)];

    public static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Root, path));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "E2LLM.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds E2LLM.sln.");
    }
}
