using E2LLM.Core.Configuration;

namespace E2LLM.Inference.Runtimes;

/// <summary>Which llama.cpp library is loaded, and how it is used. Section "E2LLM:Engine".</summary>
public sealed record LlamaLibraryOptions
{
    public const string Section = "E2LLM:Engine";

    /// <summary>The environment variable that is read where <see cref="LibraryPath"/> is not set.</summary>
    public const string LibraryPathVariable = "E2LLM__Engine__LibraryPath";

    /// <summary>More than any model has.</summary>
    public const int AllLayers = 10_000;

    /// <summary>Which binding to llama.cpp: one of <see cref="LlamaRuntimes.Installed"/>.</summary>
    [OptionText(Valid = "llamasharp or llamacpp, where the build has it", MaxCharacters = 64)]
    public string Runtime { get; init; } = "llamasharp";

    /// <summary>
    /// Folder of a llama.cpp build with shared libraries, of the version that the runtime is written for. Null: the packaged libraries that
    /// the build copied next to the program.
    /// </summary>
    [OptionText(Default = "the packaged library", Valid = "a folder")]
    public string? LibraryPath { get; init; }

    /// <summary>
    /// Layers of a slice that go to a GPU where the library has a GPU backend, counted from its end; the rest stays on the CPU.
    /// Without a GPU backend it has no effect.
    /// </summary>
    [OptionRange(0, AllLayers)]
    public int GpuLayers { get; init; } = AllLayers;

    /// <summary>The folder that the option names, or else the environment variable; null where neither does.</summary>
    internal string? FindNamedFolder(Func<string, string?> environment) => NotEmpty(LibraryPath) ?? NotEmpty(environment(LibraryPathVariable));

    /// <summary>Beyond the ranges of single options.</summary>
    public void Check(OptionErrors errors)
    {
        if (Runtime.Length > 0 && !LlamaRuntimes.IsInstalled(Runtime))
            errors.Add(LlamaRuntimes.NotInstalled(Runtime));
        if (!string.IsNullOrWhiteSpace(LibraryPath) && !Directory.Exists(LibraryPath))
            errors.Add($"{Section}:{nameof(LibraryPath)} is '{LibraryPath}'; there is no such folder.");
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
