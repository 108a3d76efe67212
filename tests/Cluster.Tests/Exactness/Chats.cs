using E2LLM.Core.Requests;

namespace E2LLM.Cluster.Tests.Exactness;

/// <summary>Conversations of the demo model that begin with one of a few system prompts, every other one sampled with a seed.</summary>
internal static class Chats
{
    private static readonly string[] Heroes = ["fox", "bear", "owl", "mouse", "cat", "duck", "frog", "robot", "otter", "crow"];

    private static readonly string[] Things = ["lantern", "boat", "kite", "map", "drum", "bell", "rope"];

    public static GenerationRequest Create(DemoModel demo, string id, int index, int families, int maxTokens = 40) => DemoFog.Request(
        demo,
        id,
        $"Tell me a story about a {Heroes[index % Heroes.Length]} and a {Things[index % Things.Length]}.",
        index % 2 == 0 ? SamplingOptions.Greedy : new SamplingOptions { Temperature = 0.8f, Seed = (uint)index },
        string.Concat(Heroes.Skip(index % families).Select(hero => $"You tell stories about a {hero}. ")),
        maxTokens);
}
