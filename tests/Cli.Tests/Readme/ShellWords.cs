using System.Text;

namespace E2LLM.Cli.Tests.Readme;

/// <summary>A line of shell as words: blanks, single and double quotes, comments. No variables, no escapes.</summary>
internal static class ShellWords
{
    public static string[] Split(string line)
    {
        List<string> words = [];
        var word = new StringBuilder();
        var quote = '\0';
        var inWord = false;
        foreach (var character in line)
        {
            if (quote != '\0')
            {
                if (character == quote)
                    quote = '\0';
                else
                    word.Append(character);
            }
            else if (character is '\'' or '"')
            {
                quote = character;
                inWord = true;
            }
            else if (character is ' ' or '\t')
            {
                End();
            }
            else if (character == '#' && !inWord)
            {
                break;
            }
            else
            {
                word.Append(character);
                inWord = true;
            }
        }
        if (quote != '\0')
            throw new FormatException($"A quote stays open in: {line}");
        End();
        return [.. words];

        void End()
        {
            if (inWord)
                words.Add(word.ToString());
            word.Clear();
            inWord = false;
        }
    }
}
