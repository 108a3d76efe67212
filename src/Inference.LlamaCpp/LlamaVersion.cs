using System.Runtime.InteropServices;
using E2LLM.Core.Errors;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>The one llama.cpp version that the binding is written for.</summary>
internal static unsafe class LlamaVersion
{
    public const string Expected = "0.5.0";

    /// <summary>What the loaded library says of itself; null before llama_version existed.</summary>
    public static string? Read(nint library) =>
        NativeLibrary.TryGetExport(library, "llama_version", out var function)
            ? Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<byte*>)function)())
            : null;

    /// <param name="reported">Such as "0.5.0-dev"; what follows a hyphen says how it was built, not what it is.</param>
    /// <param name="path">The library, for the message.</param>
    /// <exception cref="ConfigurationException">Another version: names both.</exception>
    public static void Check(string? reported, string path)
    {
        if (reported?.Split('-')[0] == Expected)
            return;
        throw new ConfigurationException(
            $"E2LLM needs llama.cpp {Expected}, but '{path}' is {reported ?? "an older one that cannot tell its version"}. " +
            "Structs differ between versions, so it is not used. Remove the library path to get the packaged libraries, " +
            "or point it at a build of that version.");
    }
}
