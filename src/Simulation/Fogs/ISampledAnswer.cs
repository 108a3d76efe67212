namespace E2LLM.Simulation.Fogs;

/// <summary>Whose tokens a slot brings forth.</summary>
internal interface ISampledAnswer
{
    /// <summary>Any token but the one below.</summary>
    const int AnyToken = 1;

    /// <summary>The token that ends answers which are shorter than their limits.</summary>
    const int StopToken = 2;

    /// <summary>The next token. A step may still run for a request that has ended.</summary>
    int Sample();
}
