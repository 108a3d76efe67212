using System.Runtime.CompilerServices;

namespace E2LLM.Gguf.Tests.Fixtures;

public static class DemoModel
{
    public static string Path { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(Here(), "../../../models/e2llm-demo-q8_0.gguf"));

    private static string Here([CallerFilePath] string file = "") => System.IO.Path.GetDirectoryName(file)!;
}
