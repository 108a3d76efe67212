using System.Runtime.InteropServices;

namespace E2LLM.Inference.LlamaCpp;

/// <summary>llama_chat_message: two zero-terminated UTF-8 strings.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaChatMessage
{
    public byte* Role;
    public byte* Content;
}
