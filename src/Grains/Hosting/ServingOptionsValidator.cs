using E2LLM.Grains.Plans;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Hosting;

internal sealed class ServingOptionsValidator : IValidateOptions<ServingOptions>
{
    public ValidateOptionsResult Validate(string? name, ServingOptions options)
    {
        var ranges = new OptionRanges(ServingOptions.Section);
        ranges.Check(nameof(options.MaxSequences), options.MaxSequences, 1, 256);
        ranges.Check(nameof(options.MaxSequenceTokens), options.MaxSequenceTokens, 0, 1 << 24);
        ranges.Check(nameof(options.KvCells), options.KvCells, 0, 1 << 24);
        ranges.Check(nameof(options.MaxStepTokens), options.MaxStepTokens, 0, 8192);
        ranges.Check(nameof(options.MaxQueuedRequests), options.MaxQueuedRequests, 1, 100_000);
        ranges.Check(nameof(options.MaxStepsInFlight), options.MaxStepsInFlight, 0, 64);
        ranges.Check(nameof(options.PrefillTokensBesideDecode), options.PrefillTokensBesideDecode, 1, 8192);
        ranges.CheckDefined(nameof(options.CellReservation), options.CellReservation);
        ranges.Check(nameof(options.CellMarginTokens), options.CellMarginTokens, 1, 8192);
        ranges.Check(nameof(options.MaxPreemptions), options.MaxPreemptions, 0, 100);
        ranges.Check(nameof(options.PrefixBlockTokens), options.PrefixBlockTokens, 0, 8192);
        ranges.CheckDefined(nameof(options.Objective), options.Objective);
        ranges.Check(nameof(options.StepTimeoutSeconds), options.StepTimeoutSeconds, 1, 3600);
        ranges.Check(nameof(options.ExpectedRequestsPerSecond), options.ExpectedRequestsPerSecond, 0, 1e6);
        ranges.Check(nameof(options.ExpectedInputTokens), options.ExpectedInputTokens, 1, 1 << 24);
        ranges.Check(nameof(options.ExpectedOutputTokens), options.ExpectedOutputTokens, 1, 1 << 24);
        ranges.Check(nameof(options.HungStepFactor), options.HungStepFactor, 2, 10_000);
        ranges.Check(nameof(options.HungStepSeconds), options.HungStepSeconds, 0.1, 3600);
        ranges.Check(nameof(options.KvLeaseSeconds), options.KvLeaseSeconds, 1, 3600);
        ranges.Check(nameof(options.DrainSeconds), options.DrainSeconds, 0, 3600);
        ranges.Check(nameof(options.ReplicaSilenceSeconds), options.ReplicaSilenceSeconds, 5, 3600);
        return ranges.Result;
    }
}
