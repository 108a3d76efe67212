namespace E2LLM.Planning.Evaluation;

/// <summary>A queue in front of several servers, over a horizon: mean wait, and how likely a wait is. Finite at any load.</summary>
/// <remarks>
/// Allen and Cunneen's two-moment formula for the mean wait, with Sakasegawa's rho^(sqrt(2(c+1))-1) for the delay probability. A queue of
/// n requests cannot feel more congestion than about sqrt(n) mean services, which caps 1 / (1 - rho); above full load the queue grows
/// by the fluid rate, so that the last of n requests waits n (1 / capacity - 1 / arrivals) and the mean one half of that.
/// </remarks>
/// <param name="StochasticSeconds">Mean wait from randomness.</param>
/// <param name="FluidSeconds">Mean wait from overload.</param>
/// <param name="DelayProbability">Chance that a request has to wait at all.</param>
/// <param name="BusyShare">Servers that are busy, on average; 0 to 1.</param>
public readonly record struct Station(double StochasticSeconds, double FluidSeconds, double DelayProbability, double BusyShare = 0)
{
    public double WaitSeconds => StochasticSeconds + FluidSeconds;

    /// <param name="arrivalsPerSecond">Load.</param>
    /// <param name="capacityPerSecond">Highest rate of all servers together.</param>
    /// <param name="servers">Requests that are served at once.</param>
    /// <param name="arrivalScv">Variability of the gaps.</param>
    /// <param name="serviceScv">Variability of the service.</param>
    /// <param name="horizonRequests">Requests over which the mean is taken.</param>
    public static Station Of(
        double arrivalsPerSecond, double capacityPerSecond, int servers, double arrivalScv, double serviceScv, int horizonRequests)
    {
        if (arrivalsPerSecond <= 0)
            return default;
        var load = arrivalsPerSecond / capacityPerSecond;
        var delay = Math.Pow(Math.Min(1, load), Math.Sqrt(2.0 * (servers + 1)) - 1);
        var congestion = 1 / Math.Max(1 - load, 1 / Math.Sqrt(horizonRequests));
        var variability = 0.5 * (arrivalScv + serviceScv);
        var fluid = 0.5 * horizonRequests * Math.Max(0, 1 / capacityPerSecond - 1 / arrivalsPerSecond);
        return new Station(variability * delay * congestion / capacityPerSecond, fluid, delay, Math.Min(1, load));
    }

    /// <summary>Variability of the gaps between departures, which are the next station's arrivals (Whitt's approximation).</summary>
    public static double DepartureScv(double load, int servers, double arrivalScv, double serviceScv)
    {
        var busy = Math.Min(1, load) * Math.Min(1, load);
        return Math.Max(0, 1 + (1 - busy) * (arrivalScv - 1) + busy * (serviceScv - 1) / Math.Sqrt(servers));
    }

    /// <summary>Chance that the wait is longer than <paramref name="seconds"/>: an exponential tail, moved along the growing queue in overload.</summary>
    public double TailProbability(double seconds)
    {
        if (FluidSeconds > 0)
            return Math.Clamp(1 - (seconds - StochasticSeconds) / (2 * FluidSeconds), 0, 1);
        return StochasticSeconds == 0 ? 0 : DelayProbability * Math.Exp(-seconds * DelayProbability / StochasticSeconds);
    }

    /// <summary>Two stations in series, as one: waits add up, and a wait is at least as likely as at each.</summary>
    public Station Then(Station next) => new(
        StochasticSeconds + next.StochasticSeconds,
        FluidSeconds + next.FluidSeconds,
        1 - (1 - DelayProbability) * (1 - next.DelayProbability),
        Math.Max(BusyShare, next.BusyShare));
}
