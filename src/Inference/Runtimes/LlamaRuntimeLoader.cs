namespace E2LLM.Inference.Runtimes;

/// <summary>
/// A runtime that can be chosen by name. An assembly E2LLM.Inference.&lt;Name&gt; has one, without a constructor's parameters, and names it
/// by <see cref="LlamaRuntimeLoaderAttribute"/>.
/// </summary>
internal abstract class LlamaRuntimeLoader
{
    /// <summary>
    /// Whether its llama.cpp reads a list that says of each layer if it attends within a window. Else it knows such layers by a period
    /// alone, counted from the first layer of the file.
    /// </summary>
    public abstract bool ReadsWindowLists { get; }

    /// <summary>The folder that it loads from, by the options.</summary>
    public abstract string FindDirectory(LlamaLibraryOptions options);

    /// <summary>Loads the libraries and checks that they are what the binding was written for. Called once in a process.</summary>
    /// <param name="directory">Absolute.</param>
    /// <exception cref="Core.Errors.ConfigurationException">Missing, or of another version or layout.</exception>
    public abstract ILlamaRuntime Load(string directory);
}

/// <summary>Names an assembly's <see cref="LlamaRuntimeLoader"/>.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class LlamaRuntimeLoaderAttribute(Type loader) : Attribute
{
    public Type Loader => loader;
}
