using E2LLM.Grains.Requests;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Hosting;

internal sealed class RequestOptionsValidator : IValidateOptions<RequestOptions>
{
    public ValidateOptionsResult Validate(string? name, RequestOptions options)
    {
        var ranges = new OptionRanges(RequestOptions.Section);
        ranges.Check(nameof(options.ReaderLeaseSeconds), options.ReaderLeaseSeconds, 1, 3600);
        ranges.Check(nameof(options.MaxReplays), options.MaxReplays, 0, 100);
        ranges.Check(nameof(options.ReplicaWaitSeconds), options.ReplicaWaitSeconds, 0, 3600);
        return ranges.Result;
    }
}
