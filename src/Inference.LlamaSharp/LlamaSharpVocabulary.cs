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

    public int[]? Tokenize(string text, bool addSpecial, bool parseSpecial)
    {
        try
        {
            return Array.ConvertAll(model.Tokenize(text, addSpecial, parseSpecial, Encoding.UTF8), token => (int)token);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    public int Piece(int token, Span<byte> piece)
    {
        var bytes = (int)model.TokenToSpan(token, piece);
        return bytes > piece.Length ? -bytes : bytes;
    }
}
