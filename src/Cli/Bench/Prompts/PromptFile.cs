using E2LLM.Core.Errors;

namespace E2LLM.Cli.Bench.Prompts;

/// <summary>A prompt a line, taken in turn.</summary>
internal sealed class PromptFile : IPromptSource
{
    private readonly string[] _prompts;
    private readonly string _path;
    private int _next;

    /// <exception cref="ConfigurationException">The file has no line with text.</exception>
    public PromptFile(string path)
    {
        _path = path;
        _prompts = [.. File.ReadLines(path).Where(line => !string.IsNullOrWhiteSpace(line))];
        if (_prompts.Length == 0)
            throw new ConfigurationException($"--prompt-file '{path}' has no prompt.");
    }

    public string Description => $"{_prompts.Length} prompts of {_path}, in turn";

    public Task<string> NextAsync(int tokens, Random random, CancellationToken cancellationToken) =>
        Task.FromResult(_prompts[_next++ % _prompts.Length]);
}
