using E2LLM.Core.Errors;
using E2LLM.Gateway.Hosting;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Bounds the memory of request bodies: how many bytes of them may be in work at once, over all requests.</summary>
internal sealed class BodyBudget(IOptions<GatewayOptions> options)
{
    private readonly long _maxBytes = options.Value.MaxBodyBytesInFlight;
    private long _bytes;

    /// <summary>Bytes that are in work now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>For one request; what it has taken is given back when it is disposed of.</summary>
    public Share Open() => new(this);

    internal sealed class Share(BodyBudget budget) : IDisposable
    {
        private long _taken;

        /// <summary>Whether so many bytes more would be too many now; takes none.</summary>
        /// <exception cref="OverloadedException">They would be.</exception>
        public void Require(long bytes)
        {
            if (budget.Bytes + bytes > budget._maxBytes)
                throw budget.Full();
        }

        /// <exception cref="OverloadedException">They would be too many.</exception>
        public void Take(long bytes)
        {
            _taken += bytes;
            if (Interlocked.Add(ref budget._bytes, bytes) > budget._maxBytes)
                throw budget.Full();
        }

        public void Dispose() => Interlocked.Add(ref budget._bytes, -Interlocked.Exchange(ref _taken, 0));
    }

    private OverloadedException Full() => new(
        $"The bodies of the requests in work have as many bytes as they may have, which is {_maxBytes} " +
        $"({GatewayOptions.Section}:{nameof(GatewayOptions.MaxBodyBytesInFlight)}). Try again later.");
}
