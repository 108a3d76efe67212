using System.Collections.Concurrent;
using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;

namespace E2LLM.Gateway.Tests.Fakes;

/// <summary>A model that answers by a script.</summary>
public sealed class FakeModel(string id, Script script, int contextTokens)
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _tokenizerWanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _statusReads;

    private readonly TaskCompletionSource<int> _endedByReader = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id => id;

    public Script Script => script;

    public ConcurrentQueue<GenerationRequest> Requests { get; } = new();

    public GenerationRequest Request => Assert.Single(Requests);

    /// <summary>The grain has begun to run a request.</summary>
    public Task Started => _started.Task.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>The grain's enumeration is over, for whatever reason.</summary>
    public Task Ended => _ended.Task.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>The gateway has asked for the tokenizer.</summary>
    public Task TokenizerWanted => _tokenizerWanted.Task.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>How long its tokenizer takes to load.</summary>
    public Task TokenizerLoad { get; set; } = Task.CompletedTask;
    /// <summary>The reader has all that it wants: after so many tokens.</summary>
    public Task<int> EndedByReader => _endedByReader.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public ModelSpec Spec { get; } = new()
    {
        Id = id,
        Architecture = "fake",
        ContextLengthTokens = contextTokens,
        EmbeddingLength = 8,
        VocabularySize = ByteTokenizer.VocabularySize,
        LayerBytes = [10, 10],
        LayerKvBytesPerToken = [1, 1],
        HeadBytes = 5,
        EmbeddingBytes = 5,
    };

    public PlanStatus Status { get; set; } = Ready(id, contextTokens);

    /// <summary>How often the plan was asked for it.</summary>
    public int StatusReads => _statusReads;

    public RequestStatistics Statistics { get; set; } = new();

    public PlanStatus ReadStatus()
    {
        Interlocked.Increment(ref _statusReads);
        return Status;
    }

    public void OnStart(GenerationRequest request)
    {
        Requests.Enqueue(request);
        _started.TrySetResult();
    }

    public Task LoadTokenizerAsync()
    {
        _tokenizerWanted.TrySetResult();
        return TokenizerLoad;
    }

    public void OnEnd() => _ended.TrySetResult();

    public void OnEndedByReader(int tokens) => _endedByReader.TrySetResult(tokens);

    public static PlanStatus Ready(string modelId, int maxSequenceTokens) => new()
    {
        Phase = PlanPhase.Ready,
        Fleet = new FleetSpec
        {
            Name = "two boards",
            Devices = [new() { Id = "d1", MemoryBytes = 100 }, new() { Id = "d2", MemoryBytes = 200 }],
        },
        ReplicaKeys = ["d1/m/1/r0"],
        Replicas = [new ReplicaStatus { Key = "d1/m/1/r0", State = ReplicaState.Serving, RunningRequests = 3, PrefixHitTokens = 512 }],
        Plan = new ServingPlan
        {
            Generation = 1,
            ModelId = modelId,
            Planner = "fake",
            Unused = [new("d2", "too slow")],
            Replicas =
            [
                new ReplicaPlan
                {
                    Id = "r0",
                    Role = ReplicaRole.Mixed,
                    Engine = new EngineSettings { MaxSequenceTokens = maxSequenceTokens, KvCells = 1 << 20 },
                    Stages = ImmutableArray.Create(new StagePlan
                    {
                        DeviceId = "d1", FirstLayer = 0, LayerCount = 2, WeightBytes = 30, KvBytes = 7, DecodeSeconds = 0.5,
                    }),
                },
            ],
        },
    };
}
