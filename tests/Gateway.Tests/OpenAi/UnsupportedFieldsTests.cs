using System.Net;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;

namespace E2LLM.Gateway.Tests.OpenAi;

/// <summary>No field that would change an answer elsewhere is ignored in silence: OpenAI's, llama-server's, vLLM's and Ollama's.</summary>
[Collection(GatewayCollection.Name)]
public sealed class UnsupportedFieldsTests(GatewayFixture gateway)
{
    public static TheoryData<string, string> Meaningful => new()
    {
        { "n_predict", "3" }, { "num_predict", "3" }, { "max_new_tokens", "3" }, { "stop_token_ids", "[5]" }, { "bad_words", "[\"a\"]" },
        { "allowed_token_ids", "[5]" }, { "chat_template_kwargs", "{\"enable_thinking\":false}" }, { "chat_template", "\"{{ 'x' }}\"" },
        { "reasoning_effort", "\"high\"" }, { "reasoning_format", "\"deepseek\"" }, { "thinking", "{\"type\":\"disabled\"}" },
        { "enable_thinking", "false" }, { "think", "true" }, { "add_generation_prompt", "false" }, { "continue_final_message", "true" },
        { "include_stop_str_in_output", "true" }, { "skip_special_tokens", "false" }, { "add_special_tokens", "true" },
        { "truncate_prompt_tokens", "5" }, { "use_beam_search", "true" }, { "length_penalty", "2" }, { "prompt_logprobs", "0" },
        { "n_probs", "3" }, { "typical_p", "0.2" }, { "top_n_sigma", "1" }, { "xtc_probability", "0.5" }, { "dry_multiplier", "0.8" },
        { "dynatemp_range", "0.5" }, { "mirostat", "2" }, { "samplers", "[\"top_k\"]" }, { "top_a", "0.5" }, { "tfs_z", "0.5" },
        { "min_keep", "2" }, { "penalty_prompt", "\"x\"" }, { "penalize_nl", "true" }, { "logits_processors", "[\"x\"]" },
        { "guided_json", "{}" }, { "guided_regex", "\"a\"" }, { "guided_choice", "[]" }, { "json_schema", "{}" },
        { "structured_outputs", "{}" }, { "structural_tag", "\"x\"" }, { "format", "\"json\"" }, { "options", "{\"num_ctx\":8192}" },
        { "num_ctx", "8192" }, { "keep_alive", "\"5m\"" }, { "raw", "true" }, { "template", "\"x\"" }, { "system", "\"x\"" },
        { "images", "[\"x\"]" }, { "cache_prompt", "false" }, { "id_slot", "0" }, { "t_max_predict_ms", "1" }, { "n_indent", "1" },
        { "timings_per_token", "true" }, { "return_tokens", "true" }, { "return_token_ids", "true" }, { "response_fields", "[\"a\"]" },
        { "verbosity", "\"low\"" }, { "documents", "[{}]" }, { "plugins", "[{}]" }, { "lora", "[{\"id\":0,\"scale\":1}]" },
        { "priority", "1" }, { "request_id", "\"x\"" }, { "cache_salt", "\"x\"" }, { "store", "true" }, { "prediction", "{}" },
        { "audio", "{}" }, { "web_search_options", "{}" }, { "include_reasoning", "false" }, { "min_tokens", "2" },
        { "kv_transfer_params", "{}" }, { "input", "\"x\"" }, { "prompt", "\"x\"" }, { "temprature", "0" }, { "Temperature", "0" },
    };

    [Theory]
    [MemberData(nameof(Meaningful))]
    public async Task Chat_FieldThatIsNotServed_IsRefusedByName(string name, string value) =>
        await AssertRefusedAsync(ChatHttp.ChatPath, $",\"messages\":[{{\"role\":\"user\",\"content\":\"Hi\"}}],\"{name}\":{value}", name);

    [Theory]
    [InlineData("n_predict", "max_tokens")]
    [InlineData("stop_sequences", "stop")]
    public async Task Chat_FieldWithAnotherNameHere_IsToldThatName(string name, string other)
    {
        var error = await AssertRefusedAsync(
            ChatHttp.ChatPath, $",\"messages\":[{{\"role\":\"user\",\"content\":\"Hi\"}}],\"{name}\":3", name);

        Assert.Contains($"send {other}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",\"prompt\":\"a\",\"messages\":[]", "messages")]
    [InlineData(",\"prompt\":\"a\",\"add_special_tokens\":false", "add_special_tokens")]
    [InlineData(",\"prompt\":\"a\",\"logprobs\":0", "logprobs")]
    public async Task Completions_FieldThatIsNotServed_IsRefusedByName(string fields, string name) =>
        await AssertRefusedAsync("/v1/completions", fields, name);

    [Theory]
    [InlineData("/tokenize", ",\"content\":\"a\",\"with_pieces\":true", "with_pieces")]
    [InlineData("/tokenize", ",\"content\":\"a\",\"prompt\":\"a\"", "prompt")]
    [InlineData("/detokenize", ",\"tokens\":[1],\"skip\":1", "skip")]
    public async Task Tokens_FieldThatIsNotServed_IsRefusedByName(string path, string fields, string name) =>
        await AssertRefusedAsync(path, fields, name);

    [Theory]
    [InlineData("\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":true}", "stream_options.continuous_usage_stats")]
    [InlineData("\"stream_options\":{\"more\":1}", "stream_options.more")]
    public async Task Chat_PartOfStreamOptionsThatIsNotServed_IsRefusedByName(string field, string name) => await AssertRefusedAsync(
        ChatHttp.ChatPath, $",\"messages\":[{{\"role\":\"user\",\"content\":\"Hi\"}}],\"stream\":true,{field}", name);

    [Theory]
    [InlineData("\"prefix\":true", "messages[0].prefix")]
    [InlineData("\"images\":[\"x\"]", "messages[0].images")]
    [InlineData("\"function_call\":{\"name\":\"f\"}", "messages[0].function_call")]
    public async Task Chat_FieldOfAMessageThatIsNotServed_IsRefusedByName(string field, string name) => await AssertRefusedAsync(
        ChatHttp.ChatPath, $",\"messages\":[{{\"role\":\"assistant\",\"content\":\"Hi\",{field}}}]", name);

    [Fact]
    public async Task Chat_WhatOtherServersSendByDefault_IsServed()
    {
        var model = gateway.Fleet.Add(Scripts.Says("ok"));
        const string Defaults = """
            ,"dynatemp_range":0,"dynatemp_exponent":1,"typical_p":1.0,"xtc_probability":0,"xtc_threshold":0.1,"dry_multiplier":0,
            "dry_base":1.75,"dry_allowed_length":2,"mirostat":0,"mirostat_tau":5.0,"cache_prompt":true,"id_slot":-1,"n_probs":0,
            "timings_per_token":false,"skip_special_tokens":true,"length_penalty":1,"use_beam_search":false,"stop_token_ids":[],
            "add_generation_prompt":true,"continue_final_message":false,"echo":false,"chat_template_kwargs":{},"priority":0,"store":false,
            "parallel_tool_calls":true,"stream":false,"options":{},"keep_alive":-1,"top_n_sigma":-1,"verbosity":"medium"
            """;

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, ChatHttp.Body(model.Id, Defaults));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Chat_MessageOfAnEarlierAnswer_IsTakenBack()
    {
        var model = gateway.Fleet.Add(Scripts.Says("ok"));
        const string Messages = """
            [{"role":"user","content":"Hi","name":"me"},{"role":"assistant","content":"Hello","refusal":null,"annotations":[],"tool_calls":[],
            "audio":null,"function_call":null,"reasoning_content":"hm"},{"role":"user","content":"Go on"}]
            """;

        using var response = await gateway.Http.PostAsync(ChatHttp.ChatPath, $$"""{"model":"{{model.Id}}","messages":{{Messages}}}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<string> AssertRefusedAsync(string path, string fields, string name)
    {
        var model = gateway.Fleet.Add(Scripts.Says("x"));

        using var response = await gateway.Http.PostAsync(path, $$"""{"model":"{{model.Id}}"{{fields}}}""");

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.BadRequest, name, "unsupported_parameter"), (error.Status, error.Parameter, error.Code));
        return error.Message;
    }
}
