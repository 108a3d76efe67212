using E2LLM.Cli.Planning.Documents;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Cli.Planning.Page;
using E2LLM.Cli.Planning.Picture;
using E2LLM.Cli.Planning.Text;
using E2LLM.Cli.Rendering;
using E2LLM.Core.Errors;
using E2LLM.Planning;

namespace E2LLM.Cli.Planning;

/// <summary>One run of the command: read, plan, compare, write.</summary>
internal sealed class PlanRun(PlanSettings settings, TextWriter output, TimeProvider time)
{
    /// <exception cref="E2LlmException">Nothing could be planned: says what was at fault.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // What can be refused at once is refused before a long search.
        foreach (var name in settings.Planners)
            PlannerRegistry.Get(name);
        OutputFiles.Check(("--svg", settings.SvgPath), ("--html", settings.HtmlPath));
        var input = PlanInput.Resolve(settings);
        var before = settings.ComparePath is { } path
            ? PlanDocumentReader.Read(path, settings.Planners[0], input.Request.Model)
            : null;

        var outcomes = await PlanAsync(input, cancellationToken);
        var chosen = outcomes.First(outcome => outcome.Plan is not null);
        var comparison = before is null ? null : PlanComparison.Between(input.Request, before, chosen.Plan!, cancellationToken);

        if (settings.SvgPath is { } svgPath)
            await OutputFiles.WriteAsync("--svg", svgPath, FleetPicture.Draw(input.Request, chosen.Plan!, chosen.Explanation!).ToString(), cancellationToken);
        if (settings.HtmlPath is { } htmlPath)
            await OutputFiles.WriteAsync("--html", htmlPath, PlanPage.Write(input, outcomes, comparison), cancellationToken);
        if (settings.AsJson)
            await output.WriteLineAsync(PlanDocument.Write(input, outcomes, comparison));
        else
            Show(input, outcomes, comparison);
    }

    private async Task<IReadOnlyList<PlannedOutcome>> PlanAsync(PlanInput input, CancellationToken cancellationToken)
    {
        try
        {
            return await new PlannerRun(settings, input.Request, time).RunAsync(cancellationToken);
        }
        catch (PlanningException error)
        {
            if (MemoryHint.For(settings, input, cancellationToken) is { } hint)
                throw new PlanningException($"{error.Message} {hint}");
            throw;
        }
    }

    private void Show(PlanInput input, IReadOnlyList<PlannedOutcome> outcomes, PlanComparison? comparison) =>
        Consoles.Create(output, PlanText.MaxColumns).Write(PlanText.Create(input, outcomes, comparison));
}
