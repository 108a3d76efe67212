namespace E2LLM.Architecture.Tests;

public sealed class ProjectTests
{
    /// <summary>What each project may reference. Whatever computes knows nothing of grains; grains know nothing of engines.</summary>
    private static readonly Dictionary<string, string[]> AllowedReferences = new()
    {
        ["Core"] = [],
        ["Planning"] = ["Core"],
        ["Scheduling"] = ["Core"],
        ["Gguf"] = ["Core"],
        ["Inference"] = ["Core", "Gguf"],
        ["Inference.LlamaSharp"] = ["Core", "Inference"],
        ["Inference.LlamaCpp"] = ["Core", "Inference"],
        ["Simulation"] = ["Core", "Planning", "Scheduling"],
        ["Grains.Interfaces"] = ["Core"],
        ["DataPlane"] = ["Core"],
        ["Grains"] = ["Core", "DataPlane", "Grains.Interfaces", "Scheduling"],
        ["Gateway"] = ["Core", "Grains.Interfaces"],
        ["Client"] = ["Core", "Grains.Interfaces"],
        ["Clustering"] = ["Core"],
        ["Silo"] = ["Clustering", "Core", "DataPlane", "Gateway", "Gguf", "Grains", "Grains.Interfaces", "Inference", "Planning", "Scheduling", "Simulation"],
        ["Cli"] = ["Client", "Core", "Gguf", "Grains.Interfaces", "Planning", "Silo", "Simulation"],
    };

    /// <summary>Pure projects: they run in a grain, in the simulator and in a test alike.</summary>
    private static readonly string[] WithoutOrleans = ["Planning", "Scheduling", "Gguf", "Inference", "Inference.LlamaSharp", "Inference.LlamaCpp", "DataPlane", "Simulation"];

    public static TheoryData<string> All => [.. Repository.Projects];

    [Theory]
    [MemberData(nameof(All))]
    public void Project_References_FollowTheArrows(string project)
    {
        Assert.True(AllowedReferences.TryGetValue(project, out var allowed), $"{project} is not in the table of this test.");
        var references = Repository.Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')));

        Assert.Empty(references.Except(allowed));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Project_OrleansPackages_StayOutOfWhatComputes(string project)
    {
        var orleans = Repository.Items(project, "PackageReference").Where(package => package.Contains("Orleans"));

        if (project == "Core")
            Assert.Empty(orleans.Except(["Microsoft.Orleans.Serialization", "Microsoft.Orleans.CodeGenerator"]));
        else if (WithoutOrleans.Contains(project))
            Assert.Empty(orleans);
    }

    [Fact]
    public void UnsafeCode_IsAllowedInInferenceAndItsRuntimesOnly()
    {
        string[] buildFiles = [.. Repository.Files("src", "*.csproj"), .. Repository.Files("src", "*.props"), "Directory.Build.props"];

        var allowing = buildFiles.Where(path => string.Concat(Repository.Lines(path)).Contains("AllowUnsafeBlocks"));

        Assert.Equal(
            ["src/Inference.LlamaCpp/Inference.LlamaCpp.csproj", "src/Inference.LlamaSharp/Inference.LlamaSharp.csproj", "src/Inference/Inference.csproj"],
            allowing.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Solution_HoldsEveryProject()
    {
        var solution = string.Concat(Repository.Lines("E2LLM.sln")).Replace('\\', '/');
        string[] projects = [.. Repository.Files("src", "*.csproj"), .. Repository.Files("tests", "*.csproj")];

        Assert.All(projects, path => Assert.Contains($"\"{path}\"", solution));
    }
}
