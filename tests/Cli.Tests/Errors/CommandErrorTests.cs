using System.Security.Cryptography;
using E2LLM.Cli.Tests.Processes;

namespace E2LLM.Cli.Tests.Errors;

/// <summary>What a user does wrong ends with one line that says what to do about it.</summary>
public sealed class CommandErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("demo", "--onse")]
    [InlineData("ask", "--gatway")]
    [InlineData("status", "--bogus")]
    public async Task Command_UnknownOption_NamesIt(string command, string option)
    {
        var run = await CliProcess.RunAsync(command, option);

        AssertOneLine(run, option);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task Demo_MissingModel_NamesTheFile() =>
        AssertOneLine(await DemoAsync("--model", Path.Combine(_folder.Path, "nowhere.gguf")), "nowhere.gguf");

    [Fact]
    public async Task Demo_GarbageForAModel_SaysThatItIsNoGguf()
    {
        var path = Path.Combine(_folder.Path, "garbage.gguf");
        await File.WriteAllBytesAsync(path, RandomNumberGenerator.GetBytes(4096));

        AssertOneLine(await DemoAsync("--model", path), "no GGUF file");
    }

    [Fact]
    public async Task Demo_HeaderWithGarbage_IsRefusedAtAByte()
    {
        var path = Path.Combine(_folder.Path, "header.gguf");
        await File.WriteAllBytesAsync(path, [.. "GGUF"u8, 3, 0, 0, 0, .. Enumerable.Repeat((byte)0xFF, 64)]);

        AssertOneLine(await DemoAsync("--model", path), "at byte");
    }

    [Fact]
    public async Task Demo_FleetTooSmall_SaysHowManyBytesAreShort()
    {
        var fleet = _folder.Write("small.json", """{ "name": "small", "devices": [{ "id": "watch", "memory": "1 MiB" }] }""");

        AssertOneLine(await DemoAsync("--fleet", fleet), "bytes short");
    }

    [Fact]
    public async Task Demo_FleetFileWithTwoErrors_ListsBoth()
    {
        var fleet = _folder.Write("wrong.json", """{ "devices": [{ "id": "a b", "memory": "1 MiB" }, { "id": "c", "memory": "-1 MiB" }] }""");

        AssertOneLine(await DemoAsync("--fleet", fleet), "devices[0].id", "devices[1].memory");
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("demo")]
    public async Task Host_TwoSectionsWrong_ListsBothWithoutAStack(string command)
    {
        await using var process = CliProcess.Start(
            new Dictionary<string, string>
            {
                ["E2LLM:Serving:KvCells"] = "abc",
                ["E2LLM:Gateway:RetryAfterSeconds"] = "soon",
                ["E2LLM:Gateway:DrainSecond"] = "1",
            },
            command, "--data", _folder.Path, "--port", "0");

        var run = await process.WaitForExitAsync();

        var lines = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("e2llm: E2LLM:Serving:KvCells is 'abc'; it must be ", lines[0]);
        Assert.StartsWith("E2LLM:Gateway:RetryAfterSeconds is 'soon'; it must be ", lines[1]);
        Assert.Equal("E2LLM:Gateway:DrainSecond is no option; the nearest is E2LLM:Gateway:DrainSeconds.", lines[2].TrimEnd());
    }

    [Fact]
    public async Task Ask_NoSilo_NamesTheAddress() =>
        AssertOneLine(await CliProcess.RunAsync("ask", "Hello!", "--gateway", "127.0.0.1:1"), "127.0.0.1:1");

    /// <summary>Serving on, as without --once: a demo that cannot serve has to end by itself.</summary>
    private Task<CliResult> DemoAsync(params string[] more) =>
        CliProcess.RunAsync(["demo", "--data", _folder.Path, "--port", "0", .. more]);

    private static void AssertOneLine(CliResult run, params string[] parts)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.All(parts, part => Assert.Contains(part, run.Error));
        Assert.StartsWith("e2llm", run.Error);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
