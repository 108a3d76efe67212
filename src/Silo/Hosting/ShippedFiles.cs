namespace E2LLM.Silo.Hosting;

/// <summary>The files that ship beside the program.</summary>
internal static class ShippedFiles
{
    public static string DemoModel => Path.Combine(AppContext.BaseDirectory, "models", "e2llm-demo-q8_0.gguf");

    public static string DemoFleet => Path.Combine(AppContext.BaseDirectory, "fleets", "demo.json");
}
