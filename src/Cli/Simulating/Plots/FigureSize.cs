namespace E2LLM.Cli.Simulating.Plots;

/// <summary>A figure's size in pixels: of a page, or of a telephone, whose screen shows the wide one too small to read.</summary>
internal readonly record struct FigureSize(int Width, int Height)
{
    public static readonly FigureSize Wide = new(940, 400);

    public static readonly FigureSize Narrow = new(380, 340);

    public bool IsNarrow => Width <= Narrow.Width;

    /// <summary>As wide, and as high as so many rows take.</summary>
    public FigureSize WithRows(int rows) => this with { Height = 110 + rows * 24 };
}
