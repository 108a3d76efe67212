using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Certificates;

/// <summary>A proof that no plan of a request has more than so much capacity.</summary>
internal interface ICapacityBound
{
    double RequestsPerSecond { get; }

    /// <summary>How it was proved, for people.</summary>
    string Method { get; }

    /// <summary>Plans that came out of the proof: good starts for a search.</summary>
    IReadOnlyList<IReadOnlyList<GroupPlan>> Candidates { get; }
}
