using System.CommandLine;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Benchmarks.Fog;

/// <summary>The options that name a model of random weights, Q4_0.</summary>
internal sealed class ModelArguments
{
    private readonly Option<string> _shape = new("--shape") { Description = "Shape of the random-weight model.", DefaultValueFactory = _ => "llama-3.2-1b" };

    private readonly Option<DirectoryInfo> _data = new("--data")
    {
        Description = "Where the model and its slices are kept.",
        DefaultValueFactory = _ => new DirectoryInfo(Path.Combine(Path.GetTempPath(), "e2llm-benchmarks")),
    };

    private readonly Option<string> _runtime = new("--runtime")
    {
        Description = "Runtime of the engines.",
        DefaultValueFactory = _ => new LlamaLibraryOptions().Runtime,
    };

    public void AddTo(Command command)
    {
        command.Add(_shape);
        command.Add(_data);
        command.Add(_runtime);
    }

    public Task<BenchmarkModel> OpenAsync(ParseResult arguments, CancellationToken cancellationToken) =>
        BenchmarkModel.OpenAsync(arguments.GetValue(_data)!.FullName, arguments.GetValue(_shape)!, GgmlType.Q4_0, cancellationToken,
            new LlamaLibraryOptions { Runtime = arguments.GetValue(_runtime)! });
}
