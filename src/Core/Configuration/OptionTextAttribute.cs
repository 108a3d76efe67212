namespace E2LLM.Core.Configuration;

/// <summary>What the documentation says of an option that is a text.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionTextAttribute : Attribute
{
    /// <summary>What is taken by default, where that is empty or depends on the machine; null: the value itself.</summary>
    public string? Default { get; init; }

    /// <summary>What the text must be; empty where anything goes or a table of names says it.</summary>
    public string Valid { get; init; } = "";

    /// <summary>The longest text, in UTF-16 characters; an empty one is then refused too. 0: any text.</summary>
    public int MaxCharacters { get; init; }
}
