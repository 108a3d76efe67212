using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Sampling;

/// <summary>
/// Draws the tokens of one sequence with llama.cpp's samplers: penalties, top-k, top-p, min-p, temperature, draw. Not thread-safe.
/// </summary>
/// <remarks>
/// The draw gets a generator of its own, seeded by the request's seed and the position, so that a request that moves to another
/// engine goes on with the same tokens. All that lasts from draw to draw is the penalties' history, which can be rolled back.
/// </remarks>
internal sealed unsafe class SequenceSampler : IDisposable
{
    /// <summary>
    /// Below this a draw takes the likeliest token: a logit that is 0.01 behind has a chance of e^-100 there. llama.cpp divides the
    /// logits by the temperature, which far enough down makes infinities of them, and of their differences no numbers.
    /// </summary>
    public const float GreedyBelowTemperature = 1e-4f;

    // llama.cpp divides by this too. Far above any logit's distance to the others, a repeated token wins whatever it is.
    private const float MinRepeatPenalty = 1e-4f;

    private readonly SamplingOptions _options;
    private readonly bool _isGreedy;
    private readonly CandidateBuffer _candidates;
    private readonly ImmutableArray<int> _known;
    private readonly List<(int Position, int Token)> _drawn = [];
    private readonly ILlamaRuntime _runtime;
    private readonly ILlamaSampler? _filters;

    /// <param name="runtime">Its samplers are used.</param>
    /// <param name="options">In range.</param>
    /// <param name="promptTokens">The latest tokens of the prompt, for the penalties; within the vocabulary.</param>
    /// <param name="answer">The whole answer so far; within the vocabulary.</param>
    /// <param name="candidates">Shared by the sequences of an engine.</param>
    /// <param name="vocabularySize">Tokens.</param>
    public SequenceSampler(
        ILlamaRuntime runtime,
        SamplingOptions options,
        ImmutableArray<int> promptTokens,
        ImmutableArray<int> answer,
        CandidateBuffer candidates,
        int vocabularySize)
    {
        _runtime = runtime;
        _options = options;
        _isGreedy = options.Temperature < GreedyBelowTemperature;
        _known = [.. promptTokens.IsDefault ? [] : promptTokens, .. answer.IsDefault ? [] : answer];
        _candidates = candidates;
        if (_isGreedy && !options.HasPenalties)
            return;
        _filters = runtime.CreateSampler();
        if (options.HasPenalties)
            _filters.AddPenalties(
                vocabularySize, options.PenaltyLastTokens, Math.Max(MinRepeatPenalty, options.RepeatPenalty), options.FrequencyPenalty, options.PresencePenalty);
        if (_isGreedy)
        {
            _filters.AddGreedy();
        }
        else
        {
            _filters.AddTopK(options.TopK);
            _filters.AddTopP(options.TopP);
            _filters.AddMinP(options.MinP);
            _filters.AddTemperature(options.Temperature);
        }
        AcceptHistory();
    }

    /// <param name="logits">Of the whole vocabulary.</param>
    /// <param name="position">Of the row that the logits belong to; the token that comes out has the position after it.</param>
    /// <exception cref="EngineException">A logit is no number, or there is no largest one.</exception>
    public int Draw(ReadOnlySpan<float> logits, int position)
    {
        var likeliest = Argmax.IndexOf(logits);
        // The largest is found past a logit that is no number, and every answer would then be a little wrong.
        if (!float.IsFinite(logits[likeliest]) || FiniteScan.HasNaN(logits))
            throw new EngineException($"The logits of position {position} are not numbers: are the weights damaged?") { IsNotANumber = true };
        var token = _filters is null ? likeliest : DrawFrom(_candidates.Fill(logits), position);
        if (_options.HasPenalties)
        {
            _drawn.Add((position, token));
            _filters!.Accept(token);
        }
        return token;
    }

    /// <summary>Forgets the draws from rows at this position and after it.</summary>
    public void Truncate(int fromPosition)
    {
        if (_drawn.RemoveAll(draw => draw.Position >= fromPosition) == 0)
            return;
        _filters!.Reset();
        AcceptHistory();
    }

    public void Dispose() => _filters?.Dispose();

    private int DrawFrom(LlamaTokenDataArray candidates, int position)
    {
        _filters!.Apply(&candidates);
        if (!_isGreedy)
        {
            using var draw = _runtime.CreateSampler();
            draw.AddDraw(DrawSeed.At(_options.Seed, position));
            draw.Apply(&candidates);
        }
        return (ulong)candidates.Selected < candidates.Size
            ? candidates.Data[candidates.Selected].Id
            : throw new EngineException($"llama.cpp's samplers chose none of {candidates.Size} candidates at position {position}.");
    }

    private void AcceptHistory()
    {
        if (!_options.HasPenalties)
            return;
        foreach (var token in _known)
            _filters!.Accept(token);
        foreach (var (_, token) in _drawn)
            _filters!.Accept(token);
    }
}
