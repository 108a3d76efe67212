using System.Collections.Frozen;
using System.Text.Json;
using static E2LLM.Gateway.OpenAi.FieldValues;

namespace E2LLM.Gateway.OpenAi;

using Table = FrozenDictionary<string, Func<JsonElement, bool>>;

/// <summary>
/// The fields that a body may have, and which of their values. Gathered from what OpenAI's API, llama-server, vLLM and Ollama take;
/// a field of theirs that is not here is refused with any value.
/// </summary>
internal static class RequestFields
{
    private static readonly string[] Served =
    [
        FieldNames.Model, "stream", "stream_options", FieldNames.MaxTokens, FieldNames.MaxCompletionTokens, FieldNames.Stop,
        "temperature", "top_k", "top_p", "min_p", "repeat_penalty", "repetition_penalty", "frequency_penalty", "presence_penalty",
        "repeat_last_n", "seed", FieldNames.ServiceTier, FieldNames.MaxWaitSeconds, "ignore_eos", FieldNames.User,
        FieldNames.SafetyIdentifier,
    ];

    /// <summary>They change no answer: notes of the client, hints to a cache, and details of what is refused itself.</summary>
    private static readonly string[] WithoutEffect =
    [
        "metadata", "prompt_cache_key", "prompt_cache_retention", "parallel_tool_calls", "parse_tool_calls",
        "dynatemp_exponent", "xtc_threshold", "dry_base", "dry_allowed_length", "dry_penalty_last_n", "dry_sequence_breakers",
        "mirostat_tau", "mirostat_eta", "guided_decoding_backend", "guided_whitespace_pattern",
        "n_cache_reuse", "speculative.n_max", "speculative.n_min", "speculative.p_min",
    ];

    private static readonly Dictionary<string, Func<JsonElement, bool>> Neutral = new()
    {
        // How many answers, and in which form.
        ["n"] = IsOne,
        ["n_cmpl"] = IsOne,
        ["best_of"] = IsOne,
        ["use_beam_search"] = IsFalse,
        ["length_penalty"] = IsOne,
        ["echo"] = IsFalse,
        ["suffix"] = IsEmpty,
        ["modalities"] = IsTextModality,
        ["response_format"] = IsTextFormat,
        ["format"] = IsEmpty,
        ["grammar"] = IsEmpty,
        ["grammar_lazy"] = IsFalse,
        ["grammar_triggers"] = IsEmpty,
        ["verbosity"] = IsMedium,
        ["store"] = IsFalse,

        // Tools and documents.
        ["tools"] = IsEmpty,
        ["tool_choice"] = IsNoTool,
        ["functions"] = IsEmpty,
        ["function_call"] = IsNoTool,
        ["documents"] = IsEmpty,
        ["plugins"] = IsEmpty,
        ["images"] = IsEmpty,
        ["image_data"] = IsEmpty,

        // What the answer tells of its tokens.
        ["logprobs"] = IsFalse,
        ["top_logprobs"] = IsZero,
        ["n_probs"] = IsZero,
        ["post_sampling_probs"] = IsFalse,
        ["return_tokens"] = IsFalse,
        ["return_token_ids"] = IsFalse,
        ["return_tokens_as_token_ids"] = IsFalse,
        ["return_progress"] = IsFalse,
        ["timings_per_token"] = IsFalse,
        ["response_fields"] = IsEmpty,
        ["detokenize"] = IsTrue,
        ["skip_special_tokens"] = IsTrue,
        ["spaces_between_special_tokens"] = IsTrue,

        // Where the answer ends.
        ["min_tokens"] = IsZero,
        ["stop_token_ids"] = IsEmpty,
        ["include_stop_str_in_output"] = IsFalse,
        ["t_max_predict_ms"] = IsZeroOrLess,
        ["n_indent"] = IsZero,

        // Samplers.
        ["logit_bias"] = IsEmpty,
        ["bad_words"] = IsEmpty,
        ["allowed_token_ids"] = IsEmpty,
        ["logits_processors"] = IsEmpty,
        ["typical_p"] = IsOne,
        ["tfs_z"] = IsOne,
        ["top_a"] = IsZero,
        ["top_n_sigma"] = IsZeroOrLess,
        ["min_keep"] = IsZero,
        ["mirostat"] = IsZero,
        ["dynatemp_range"] = IsZero,
        ["xtc_probability"] = IsZero,
        ["dry_multiplier"] = IsZero,
        ["penalize_nl"] = IsFalse,

        // Templates and prompts.
        ["chat_template"] = IsEmpty,
        ["chat_template_kwargs"] = IsEmpty,
        ["add_generation_prompt"] = IsTrue,
        ["continue_final_message"] = IsFalse,
        ["thinking_forced_open"] = IsFalse,
        ["include_reasoning"] = IsTrue,
        ["mm_processor_kwargs"] = IsEmpty,
        ["template"] = IsEmpty,
        ["system"] = IsEmpty,
        ["context"] = IsEmpty,
        ["raw"] = IsFalse,

        // How the server works.
        ["cache_prompt"] = IsTrue,
        ["id_slot"] = IsBelowZero,
        ["lora"] = IsEmpty,
        ["n_keep"] = IsZero,
        ["n_discard"] = IsZero,
        ["keep_alive"] = IsBelowZero,
        ["priority"] = IsZero,
        ["options"] = IsEmpty,
        ["vllm_xargs"] = IsEmpty,
    };

    private static readonly FrozenDictionary<string, string> Others = new Dictionary<string, string>
    {
        ["n_predict"] = FieldNames.MaxTokens,
        ["num_predict"] = FieldNames.MaxTokens,
        ["max_new_tokens"] = FieldNames.MaxTokens,
        ["max_output_tokens"] = FieldNames.MaxTokens,
        ["max_length"] = FieldNames.MaxTokens,
        ["stop_sequences"] = FieldNames.Stop,
        ["input"] = FieldNames.Messages,
    }.ToFrozenDictionary();

    /// <summary>Of /chat/completions. The template sets the special tokens.</summary>
    public static Table Chat { get; } = Of([.. Served, FieldNames.Messages], WithoutEffect, new(Neutral) { ["add_special_tokens"] = IsFalse });

    /// <summary>Of /completions.</summary>
    public static Table Text { get; } = Of([.. Served, FieldNames.Prompt], WithoutEffect, new(Neutral) { ["add_special_tokens"] = IsTrue });

    public static Table StreamOptions { get; } = Of(
        ["include_usage"], [], new() { ["include_obfuscation"] = IsBoolean, ["continuous_usage_stats"] = IsFalse });

    public static Table Tokenize { get; } = Of(
        [FieldNames.Model, "content", "add_special", "parse_special"], [], new() { ["with_pieces"] = IsFalse });

    public static Table Detokenize { get; } = Of([FieldNames.Model, "tokens"], [], []);

    /// <summary>What stands for the field here; null for nothing.</summary>
    public static string? Instead(string name) => Others.GetValueOrDefault(name);

    private static Table Of(string[] served, string[] withoutEffect, Dictionary<string, Func<JsonElement, bool>> neutral)
    {
        foreach (var name in served.Concat(withoutEffect))
            neutral.Add(name, Any);
        return neutral.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
