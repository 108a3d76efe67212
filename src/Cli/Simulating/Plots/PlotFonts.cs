using E2LLM.Core.Errors;
using SkiaSharp;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>The fonts of the system, of which the figures need one.</summary>
internal static class PlotFonts
{
    /// <summary>The first that is there is taken; a reader of the page has another of its kind.</summary>
    private static readonly string[] Wanted = ["Segoe UI", "Helvetica Neue", "DejaVu Sans", "Noto Sans", "Liberation Sans", "Arial"];

    /// <summary>Null where the system has none at all.</summary>
    public static string? Family { get; } = SKFontManager.Default.FontFamilies.ToArray() is { Length: > 0 } families
        ? Wanted.FirstOrDefault(families.Contains) ?? families[0]
        : null;

    /// <exception cref="ConfigurationException">There is no font: figures would have no texts.</exception>
    public static void ThrowIfNone()
    {
        if (Family is null)
            throw new ConfigurationException("--html and --png draw figures, and this system has no font for their texts: install one, such as the package fonts-dejavu-core.");
    }
}
