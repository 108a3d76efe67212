using System.Globalization;
using System.Net;
using System.Text;
using E2LLM.Core.Plans;
using E2LLM.Planning.Explanation;

namespace E2LLM.Planning.Rendering;

/// <summary>A page that holds all of a plan: the picture, the prediction, the proof, every stage, every device left out. No scripts, nothing loaded.</summary>
public static class PlanHtml
{
    private const string Style =
        "body{font:14px/1.5 system-ui,sans-serif;color:#1b1f24;max-width:980px;margin:2rem auto;padding:0 1rem}"
        + "table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .75rem;border-bottom:1px solid #d0d7de;text-align:right}"
        + "th:first-child,td:first-child{text-align:left}svg{max-width:100%;height:auto}";

    /// <summary>A complete HTML document. Names are escaped.</summary>
    public static string Render(PlanRequest request, ServingPlan plan)
    {
        var explanation = PlanExplainer.Explain(request, plan);
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Escape($"Plan of {plan.ModelId}")}</title>");
        html.Append(CultureInfo.InvariantCulture, $"<style>{Style}</style></head><body><h1>{Escape(plan.ModelId)} on {Escape(request.Fleet.Name)}</h1>");
        html.Append(PlanSvg.Render(request, plan));
        html.Append("<ul>");
        foreach (var finding in explanation.Findings)
            html.Append(CultureInfo.InvariantCulture, $"<li>{Escape(finding)}</li>");
        html.Append("</ul>");
        if (plan.Prediction is { } prediction)
            Prediction(html, prediction);
        foreach (var replica in explanation.Replicas)
            Replica(html, replica);
        if (explanation.Unused.Length > 0)
        {
            Header(html, "Left out", "device", "why");
            foreach (var device in explanation.Unused)
                Row(html, device.DeviceId, device.Reason);
            html.Append("</table>");
        }
        html.Append("</body></html>");
        return html.ToString();
    }

    private static void Prediction(StringBuilder html, PlanPrediction prediction)
    {
        Header(html, "Predicted", "mean wait", "P90 wait", "TTFT", "TPOT", "capacity");
        Row(
            html, Seconds(prediction.MeanWaitSeconds), Seconds(prediction.P90WaitSeconds), Seconds(prediction.TtftSeconds), Seconds(prediction.TpotSeconds),
            FormattableString.Invariant($"{prediction.CapacityRequestsPerSecond:G4} requests/s"));
        html.Append("</table>");
    }

    private static void Replica(StringBuilder html, ReplicaExplanation replica)
    {
        Header(
            html, $"{replica.Id} {replica.Role.ToString().ToUpperInvariant()}: {replica.Limit}",
            "device", "layers", "decode", "prefill chunk", "hop", "busy", "memory", "of");
        foreach (var stage in replica.Stages)
            Row(
                html, stage.DeviceId, $"{stage.FirstLayer}–{stage.FirstLayer + stage.LayerCount - 1}", Seconds(stage.DecodeSeconds), Seconds(stage.PrefillSeconds),
                Seconds(stage.HopSeconds), Percent(stage.BusyShare), Mebibytes(stage.UsedBytes), Mebibytes(stage.MemoryBytes));
        html.Append("</table>");
    }

    private static void Header(StringBuilder html, string title, params ReadOnlySpan<string> columns)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Escape(title)}</h2><table><tr>");
        foreach (var column in columns)
            html.Append(CultureInfo.InvariantCulture, $"<th>{Escape(column)}</th>");
        html.Append("</tr>");
    }

    private static void Row(StringBuilder html, params ReadOnlySpan<string> cells)
    {
        html.Append("<tr>");
        foreach (var cell in cells)
            html.Append(CultureInfo.InvariantCulture, $"<td>{Escape(cell)}</td>");
        html.Append("</tr>");
    }

    private static string Seconds(double seconds) => seconds < 1
        ? FormattableString.Invariant($"{1e3 * seconds:G3} ms")
        : FormattableString.Invariant($"{seconds:G3} s");

    private static string Percent(double share) => FormattableString.Invariant($"{100 * share:F0} %");

    private static string Mebibytes(long bytes) => FormattableString.Invariant($"{bytes / 1048576.0:N1} MiB");

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
