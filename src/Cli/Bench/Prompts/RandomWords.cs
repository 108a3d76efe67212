namespace E2LLM.Cli.Bench.Prompts;

/// <summary>Text of a number of words, drawn from common short ones. Random, so that no server finds a prefix in its cache.</summary>
internal static class RandomWords
{
    private static readonly string[] Vocabulary =
    [
        "apple", "bird", "blue", "boat", "book", "box", "bread", "bridge", "cat", "chair", "city", "cloud", "cold", "day", "dog", "door",
        "dream", "earth", "field", "fire", "fish", "flower", "forest", "fox", "friend", "game", "garden", "gold", "green", "hand", "hat",
        "hill", "home", "horse", "house", "island", "key", "king", "lake", "lamp", "leaf", "letter", "light", "moon", "morning", "mouse",
        "night", "ocean", "paper", "path", "rain", "river", "road", "room", "sand", "school", "ship", "sky", "snow", "song", "star",
        "stone", "story", "street", "summer", "sun", "table", "train", "tree", "voice", "wall", "water", "wind", "window", "winter", "wood",
    ];

    public static string[] Draw(int count, Random random)
    {
        var words = new string[count];
        for (var index = 0; index < count; index++)
            words[index] = Vocabulary[random.Next(Vocabulary.Length)];
        return words;
    }
}
