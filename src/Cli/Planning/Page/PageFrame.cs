using System.Xml.Linq;
using E2LLM.Cli.Planning.Picture;

namespace E2LLM.Cli.Planning.Page;

/// <summary>What pages have in common: one file without scripts, nothing from elsewhere, for screens of any width, light and dark. The XML writer escapes all texts.</summary>
internal static class PageFrame
{
    private const string Css = """
        :root { color-scheme: light dark; --ink: #1b1f24; --quiet: #57606a; --paper: #ffffff; --band: #f3f4f6; --line: #d8dee4; --rule: #d0d7de; --stress: #fff8e1; --note: #bf8700; }
        body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink); background: var(--paper); max-width: 1400px; margin: 2rem auto; padding: 0 1.5rem; }
        h1 { font-size: 1.5rem; margin-bottom: 0.25rem; }
        h2 { font-size: 1.2rem; margin-top: 2.25rem; border-bottom: 1px solid var(--rule); padding-bottom: 0.25rem; }
        h3 { font-size: 1rem; margin-bottom: 0.25rem; }
        p { margin: 0.3rem 0; }
        .quiet { color: var(--quiet); }
        .proof { border-left: 4px solid var(--quiet); padding-left: 0.75rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; margin: 0.75rem 0; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.3rem 0.75rem; text-align: right; border-bottom: 1px solid var(--line); }
        th { font-weight: 600; background: var(--band); }
        th, td:not(.text) { white-space: nowrap; }
        th.text, td.text { text-align: left; }
        th:first-child, td:first-child { position: sticky; left: 0; }
        td:first-child { background: var(--paper); }
        tr.slowest td { font-weight: 600; background: var(--stress); }
        svg { max-width: 100%; height: auto; }
        .note { border-left: 4px solid var(--note); padding-left: 0.75rem; }
        .key { display: inline-block; margin-right: 1rem; font-size: 0.85rem; white-space: nowrap; }
        .key svg { width: 1.1rem; margin-right: 0.35rem; }
        .narrow { display: none; }
        @media (max-width: 760px) {
          body { margin: 1rem auto; padding: 0 0.75rem; }
          th, td { padding: 0.3rem 0.5rem; }
          .wide { display: none; }
          .narrow { display: block; }
          .narrow > svg { width: 100%; max-width: 480px; }
        }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6edf3; --quiet: #9da7b1; --paper: #0d1117; --band: #1c2128; --line: #2b323b; --rule: #3d444d; --stress: #3a3010; --note: #d29922; }
        }
        """;

    /// <param name="title">Of the window.</param>
    /// <param name="body">The element "body".</param>
    public static string Write(string title, XElement body)
    {
        var page = new XElement(
            "html",
            new XAttribute("lang", "en"),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("meta", new XAttribute("http-equiv", "Content-Security-Policy"), new XAttribute("content", "default-src 'none'; style-src 'unsafe-inline'")),
                new XElement("title", Pen.Clean(title)),
                new XElement("style", Css)),
            body);
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    public static XElement Paragraph(string text, string style) => new("p", new XAttribute("class", style), Pen.Clean(text));
}
