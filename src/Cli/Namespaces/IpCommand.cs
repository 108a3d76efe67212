using System.ComponentModel;
using System.Diagnostics;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Namespaces;

/// <summary>The system's program that makes network namespaces and gives interfaces their addresses.</summary>
internal static class IpCommand
{
    public const string Program = "ip";

    /// <returns>What it wrote.</returns>
    /// <exception cref="E2LlmException">It is not there, or says no; in its own words.</exception>
    public static async Task<string> RunAsync(string arguments, CancellationToken cancellationToken, params string[] batch)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
            foreach (var line in batch)
                await process.StandardInput.WriteLineAsync(line);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? await output : throw new E2LlmException($"'{Program} {arguments}' failed: {(await error).Trim()}");
        }
        catch (Win32Exception error)
        {
            throw new E2LlmException($"The network of --namespaces is made with the program '{Program}' (package iproute2), which cannot be run: {error.Message}", inner: error);
        }
    }
}
