using E2LLM.Core.Plans;

namespace E2LLM.Cli.Planning.Picture;

/// <summary>Colours and fonts of the picture. Roles differ in lightness and in their frames too, so that a grey print tells them apart.</summary>
internal static class PictureStyle
{
    public const double TitleSize = 18;
    public const double HeaderSize = 13;
    public const double NameSize = 12;
    public const double FigureSize = 11;
    public const double SmallSize = 10;

    /// <summary>The rules that every picture carries, so that it stands alone.</summary>
    public const string Css = """
        svg.fleet text { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1b1f24; }
        svg.fleet text.fixed { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
        svg.fleet .paper { fill: #ffffff; }
        svg.fleet .title { font-size: 18px; font-weight: 600; }
        svg.fleet .header { font-size: 13px; font-weight: 600; }
        svg.fleet .label { font-size: 11px; font-weight: 600; }
        svg.fleet .name { font-size: 12px; font-weight: 600; }
        svg.fleet .figure { font-size: 11px; }
        svg.fleet .small { font-size: 10px; }
        svg.fleet text.quiet { fill: #57606a; }
        svg.fleet .end { text-anchor: end; }
        svg.fleet .mid { text-anchor: middle; }
        svg.fleet .group { fill: #fbfcfd; stroke-width: 1.5; }
        svg.fleet .prefill .group { stroke: #7a3413; }
        svg.fleet .prefill .band { fill: #7a3413; }
        svg.fleet .prefill .band-text { fill: #ffffff; }
        svg.fleet .prefill .slice { fill: #f6d3bf; }
        svg.fleet .decoder .group { stroke: #3b6ea8; }
        svg.fleet .decoder .band { fill: #86b3e0; }
        svg.fleet .decoder .slice { fill: #d3e5f7; }
        svg.fleet .mixed .group { stroke: #5f7a52; stroke-dasharray: 7 3; }
        svg.fleet .mixed .band { fill: #e3f0dc; }
        svg.fleet .mixed .slice { fill: #edf6e8; }
        svg.fleet .unused .group { fill: #ffffff; stroke: #8b949e; stroke-dasharray: 2 3; }
        svg.fleet .box { fill: #ffffff; stroke: #8b949e; stroke-width: 1; }
        svg.fleet .slowest .box { stroke: #1b1f24; stroke-width: 2.5; }
        svg.fleet .unused .box { fill: #f3f4f6; stroke-dasharray: 2 3; }
        svg.fleet .slice { stroke: #57606a; stroke-width: 0.75; }
        svg.fleet .gauge { fill: #e0e3e7; }
        svg.fleet .gauge-used { fill: #57606a; }
        svg.fleet .hop { fill: none; stroke: #57606a; stroke-width: 1.25; }
        """;

    public static string ClassOf(ReplicaRole role) => role.ToString().ToLowerInvariant();
}
