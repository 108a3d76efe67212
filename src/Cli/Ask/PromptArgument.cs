using System.CommandLine;

namespace E2LLM.Cli.Ask;

/// <summary>The prompt of the commands that ask something.</summary>
internal static class PromptArgument
{
    public static Argument<string> Create(string? defaultPrompt = null)
    {
        var prompt = new Argument<string>("prompt") { Description = "What to ask." };
        if (defaultPrompt is not null)
            prompt.DefaultValueFactory = _ => defaultPrompt;
        // An unknown option would otherwise be taken for the prompt, and a mistyped --once would serve forever.
        prompt.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', '-', ..] value }, ..])
                result.AddError($"There is no option '{value}'.");
        });
        return prompt;
    }
}
