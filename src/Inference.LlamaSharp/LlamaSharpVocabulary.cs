using System.Runtime.InteropServices;
using System.Text;
using E2LLM.Inference.Runtimes;
using LLama.Native;

namespace E2LLM.Inference.LlamaSharp;

internal sealed unsafe class LlamaSharpVocabulary(SafeLlamaModelHandle model) : ILlamaVocabulary
{
    private readonly nint _vocabulary = NativeMethods.llama_model_get_vocab(model);

    public int Size => model.Vocab.Count;

    public string? ChatTemplate => model.GetTemplate(null, strict: false);

    public int? BeginToken => model.Vocab.ShouldAddBOS ? (int?)model.Vocab.BOS : null;

    public bool IsEndOfGeneration(int token) => ((LLamaToken)token).IsEndOfGeneration(model.Vocab);

    public int Attributes(int token) => (int)((LLamaToken)token).GetAttributes(model.Vocab);

    public string? Text(int token) => Marshal.PtrToStringUTF8((nint)NativeMethods.llama_vocab_get_text(_vocabulary, token));

    public int Tokenize(ReadOnlySpan<byte> text, Span<int> tokens, bool addSpecial, bool parseSpecial)
    {
        LLamaToken[] found;
        try
        {
            found = model.Tokenize(Encoding.UTF8.GetString(text), addSpecial, parseSpecial, Encoding.UTF8);
        }
        catch (OverflowException)
        {
            return int.MinValue;
        }
        if (found.Length > tokens.Length)
            return -found.Length;
        for (var index = 0; index < found.Length; index++)
            tokens[index] = (int)found[index];
        return found.Length;
    }

    public int Piece(int token, Span<byte> piece)
    {
        var bytes = (int)model.TokenToSpan(token, piece);
        return bytes > piece.Length ? -bytes : bytes;
    }
}
