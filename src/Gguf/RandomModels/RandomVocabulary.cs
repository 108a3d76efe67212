using System.Globalization;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.RandomModels;

/// <summary>A SentencePiece vocabulary with all bytes and made-up words, so that any text can be tokenised and printed.</summary>
internal static class RandomVocabulary
{
    private const string Letters = "\u2581abcdefghijklmnopqrstuvwxyz";

    private static readonly string[] Specials = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"];

    private enum TokenType
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        Byte = 6,
    }

    public static void Add(GgufWriter writer, int size)
    {
        var tokens = new List<string>(size);
        var types = new List<int>(size);
        foreach (var special in Specials)
            Append(special, tokens.Count == 0 ? TokenType.Unknown : TokenType.Control);
        for (var value = 0; value < 256; value++)
            Append($"<0x{value.ToString("X2", CultureInfo.InvariantCulture)}>", TokenType.Byte);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, tokens.Count);
        for (var word = 0; tokens.Count < size; word++)
            Append(Word(word), TokenType.Normal);

        writer.Add(MetadataKeys.TokenizerModel, "llama");
        writer.Add("tokenizer.ggml.pre", "default");
        writer.AddArray(MetadataKeys.Tokens, tokens);
        // The likelier piece wins, so the words come in the order of their numbers.
        writer.AddArray<float>(MetadataKeys.TokenScores, GgufValueType.Float32, [.. Enumerable.Range(0, size).Select(token => -(float)token)]);
        writer.AddArray<int>(MetadataKeys.TokenTypes, GgufValueType.Int32, types.ToArray());
        writer.Add("tokenizer.ggml.bos_token_id", 1u);
        writer.Add("tokenizer.ggml.eos_token_id", 2u);
        writer.Add("tokenizer.ggml.unknown_token_id", 0u);
        writer.Add("tokenizer.ggml.add_bos_token", true);
        writer.Add("tokenizer.chat_template",
            "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}");

        void Append(string token, TokenType type)
        {
            tokens.Add(token);
            types.Add((int)type);
        }
    }

    // Counts in words: all of one letter, then all of two, and so on.
    private static string Word(int number)
    {
        var word = "";
        for (var rest = number + 1; rest > 0; rest = (rest - 1) / Letters.Length)
            word = Letters[(rest - 1) % Letters.Length] + word;
        return word;
    }
}
