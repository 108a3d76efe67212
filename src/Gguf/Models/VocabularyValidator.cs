using System.Globalization;
using System.Text;
using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Models;

/// <summary>Checks the vocabulary for what makes llama.cpp abort the process, at load or at the first text.</summary>
internal static class VocabularyValidator
{
    private const string SentencePiece = "llama";
    private const string BytePair = "gpt2";

    // llama.cpp ignores special tokens outside the vocabulary and takes its defaults, the highest of which is 11.
    private const int MinTokens = 16;

    private const int MaxTokenBytes = 1 << 16;

    public static void Check(GgufFile file, int vocabularySize)
    {
        var metadata = file.Metadata;
        var model = metadata.FindString(MetadataKeys.TokenizerModel)
            ?? throw FileFault.InFile(file.Path, $"the key '{MetadataKeys.TokenizerModel}' is missing");
        if (model is not (SentencePiece or BytePair))
            throw metadata.Fault(metadata.Find(MetadataKeys.TokenizerModel)!, $"the tokenizer '{model}' is not supported; {SentencePiece} and {BytePair} are");
        var tokens = Array(file, MetadataKeys.Tokens, GgufValueType.String)
            ?? throw FileFault.InFile(file.Path, $"the key '{MetadataKeys.Tokens}' is missing");
        if (tokens.Count != vocabularySize || tokens.Count < MinTokens)
            throw metadata.Fault(tokens, $"'{tokens.Key}' has {tokens.Count} tokens, but token_embd.weight has {vocabularySize} rows; at least {MinTokens} are needed");
        CheckLength(file, MetadataKeys.TokenScores, tokens.Count);
        CheckLength(file, MetadataKeys.TokenTypes, tokens.Count);
        if (model == BytePair && Array(file, MetadataKeys.TokenMerges, GgufValueType.String) is null)
            throw FileFault.InFile(file.Path, $"the key '{MetadataKeys.TokenMerges}' is missing");
        CheckTokens(file, tokens, needsBytes: model == SentencePiece);
    }

    private static GgufEntry? Array(GgufFile file, string key, GgufValueType elementType)
    {
        var entry = file.Metadata.Find(key);
        if (entry is not null && (entry.Type != GgufValueType.Array || entry.ElementType != elementType))
            throw file.Metadata.Fault(entry, $"'{key}' must be an array of {elementType}");
        return entry;
    }

    private static void CheckLength(GgufFile file, string key, long tokens)
    {
        var entry = file.Metadata.Find(key);
        if (entry is not null && (entry.Type != GgufValueType.Array || entry.Count != tokens))
            throw file.Metadata.Fault(entry, $"'{key}' has {entry.Count} elements for {tokens} tokens");
    }

    // llama.cpp asserts that no token occurs twice, and throws through its C interface where a SentencePiece vocabulary lacks a byte.
    private static void CheckTokens(GgufFile file, GgufEntry tokens, bool needsBytes)
    {
        var hashes = new ulong[tokens.Count];
        var bytesSeen = new bool[256];
        var index = 0L;
        file.Metadata.ForEachString(tokens, MaxTokenBytes, text =>
        {
            hashes[index] = Hash(AsLoaded(text, index));
            index++;
            if (text.Length == 6 && text.StartsWith("<0x"u8) && text[5] == '>' && !text.ContainsAnyInRange((byte)'a', (byte)'f')
                && byte.TryParse(text[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                bytesSeen[value] = true;
        });
        System.Array.Sort(hashes);
        for (var i = 1; i < hashes.Length; i++)
        {
            if (hashes[i] == hashes[i - 1])
                throw file.Metadata.Fault(tokens, $"'{tokens.Key}' holds a token twice");
        }
        if (needsBytes && System.Array.IndexOf(bytesSeen, false) is var missing and >= 0)
            throw file.Metadata.Fault(tokens, $"'{tokens.Key}' lacks the byte token <0x{missing:X2}>");
    }

    // llama.cpp reads a token up to its first zero and gives an empty one a name, which another token might bear.
    private static ReadOnlySpan<byte> AsLoaded(ReadOnlySpan<byte> text, long index)
    {
        var end = text.IndexOf((byte)0);
        if (end >= 0)
            text = text[..end];
        return text.IsEmpty ? Encoding.ASCII.GetBytes(FormattableString.Invariant($"[EMPTY_{index}]")) : text;
    }

    // FNV-1a, then a mix: equal tokens have equal hashes, so a duplicate cannot hide. Two of 300,000 tokens meet by chance once in
    // 400 million files. Eight bytes a token bound the memory, and sorting, unlike a hash table, has no bad case to aim at.
    private static ulong Hash(ReadOnlySpan<byte> text)
    {
        var hash = 14695981039346656037;
        foreach (var value in text)
            hash = (hash ^ value) * 1099511628211;
        hash ^= hash >> 32;
        return hash * 0x9E3779B97F4A7C15;
    }
}
