namespace E2LLM.Inference.Native;

/// <summary>Which llama.cpp library is loaded, and how it is used.</summary>
public sealed record LlamaLibraryOptions
{
    /// <summary>The environment variable that is read where <see cref="LibraryPath"/> is not set.</summary>
    public const string LibraryPathVariable = "E2LLM__Engine__LibraryPath";

    /// <summary>More than any model has.</summary>
    public const int AllLayers = 10_000;

    /// <summary>
    /// Folder of a llama.cpp v0.5.0 build with shared libraries. Null, the default: the packaged libraries that the build copied next
    /// to the program.
    /// </summary>
    public string? LibraryPath { get; init; }

    /// <summary>
    /// Layers of a slice that go to a GPU where the library has a GPU backend, counted from its end; the rest stays on the CPU.
    /// 0 to 10,000; default 10,000, which is all of them. Without a GPU backend it has no effect.
    /// </summary>
    public int GpuLayers { get; init; } = AllLayers;
}
