using System.Globalization;
using System.Net;
using System.Text;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Rendering;

/// <summary>Draws a plan: a row for each replica, a bar for each stage as wide as its layers, with how busy and how full it is.</summary>
public static class PlanSvg
{
    private const int Width = 960;
    private const int Left = 150;
    private const int RowHeight = 64;
    private const int BarHeight = 40;
    private const int Top = 50;

    /// <summary>A complete SVG document. Names are escaped.</summary>
    public static string Render(PlanRequest request, ServingPlan plan)
    {
        var unusedRows = plan.Unused.Length == 0 ? 0 : 1;
        var height = Top + RowHeight * (plan.Replicas.Length + unusedRows) + 20;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" ");
        svg.Append("font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\">");
        svg.Append(CultureInfo.InvariantCulture, $"<title>{Escape($"Plan of {plan.ModelId} by {plan.Planner}")}</title>");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Text(svg, 16, 28, $"{plan.ModelId} on {request.Fleet.Name}, planner {plan.Planner}", "font-size=\"16\" font-weight=\"600\" fill=\"#1b1f24\"");
        for (var row = 0; row < plan.Replicas.Length; row++)
            Replica(svg, request, plan.Replicas[row], Top + row * RowHeight);
        if (unusedRows > 0)
            Text(svg, 16, Top + plan.Replicas.Length * RowHeight + 24, $"left out: {Names(plan)}", "fill=\"#57606a\"");
        svg.Append("</svg>");
        return svg.ToString();
    }

    private static void Replica(StringBuilder svg, PlanRequest request, ReplicaPlan replica, int top)
    {
        Text(svg, 16, top + 18, $"{replica.Id} {replica.Role.ToString().ToUpperInvariant()}", "font-weight=\"600\" fill=\"#1b1f24\"");
        if (replica.RequestsPerSecond > 0)
            Text(svg, 16, top + 34, FormattableString.Invariant($"{replica.RequestsPerSecond:G3} requests/s"), "fill=\"#57606a\"");
        var scale = (double)(Width - Left - 16) / request.Model.LayerCount;
        foreach (var stage in replica.Stages)
        {
            var (x, width) = (Left + stage.FirstLayer * scale, stage.LayerCount * scale - 3);
            var busy = stage.PeriodSeconds / replica.PeriodSeconds;
            svg.Append(CultureInfo.InvariantCulture, $"<g><title>{Escape(Details(stage))}</title>");
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:F1}\" y=\"{top}\" width=\"{width:F1}\" height=\"{BarHeight}\" rx=\"4\" ");
            svg.Append(CultureInfo.InvariantCulture, $"fill=\"{Colour(replica.Role)}\" fill-opacity=\"{0.25 + 0.6 * busy:F2}\"/>");
            // Long names are cut to the bar: a letter takes about seven pixels.
            var letters = (int)(width / 7) - 1;
            if (letters >= 3)
                Text(svg, x + 6, top + 17, stage.DeviceId.Length <= letters ? stage.DeviceId : stage.DeviceId[..(letters - 1)] + "…", "fill=\"#1b1f24\"");
            if (letters >= 5)
                Text(svg, x + 6, top + 33, $"{stage.FirstLayer}–{stage.EndLayer - 1}", "fill=\"#1b1f24\" font-size=\"11\"");
            svg.Append("</g>");
        }
    }

    private static string Details(StagePlan stage) => FormattableString.Invariant(
        $"{stage.DeviceId}: layers {stage.FirstLayer} to {stage.EndLayer - 1}, decode {1e3 * stage.DecodeSeconds:G3} ms, hop {1e3 * stage.HopSeconds:G3} ms, ")
        + FormattableString.Invariant($"{(stage.WeightBytes + stage.KvBytes + stage.ScratchBytes) / 1048576.0:N1} MiB");

    private static string Names(ServingPlan plan)
    {
        const int Shown = 8;
        var names = string.Join(", ", plan.Unused.Take(Shown).Select(device => device.DeviceId));
        return plan.Unused.Length > Shown ? $"{names} and {plan.Unused.Length - Shown} more" : names;
    }

    private static string Colour(ReplicaRole role) => role switch
    {
        ReplicaRole.Prefill => "#e8833a",
        ReplicaRole.Decoder => "#2f81f7",
        _ => "#2da44e",
    };

    private static void Text(StringBuilder svg, double x, double y, string text, string style) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:F1}\" y=\"{y:F1}\" {style}>{Escape(text)}</text>");

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
