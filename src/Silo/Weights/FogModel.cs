namespace E2LLM.Silo.Weights;

/// <summary>What stands in the place of a GGUF file where the model comes from the other silos: "fog", or "fog:" and its id.</summary>
public static class FogModel
{
    private const string Word = "fog";
    private const string Prefix = Word + ":";

    public static bool Is(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model == Word || (model.StartsWith(Prefix, StringComparison.Ordinal) && model.Length > Prefix.Length);
    }

    /// <summary>Empty: the only one that the fog serves.</summary>
    public static string IdOf(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.StartsWith(Prefix, StringComparison.Ordinal) ? model[Prefix.Length..] : "";
    }
}
