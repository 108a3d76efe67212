using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Evaluation;

/// <summary>The slots of all DECODER or all MIXED groups of a plan: how long requests hold them, and wait for one, as they fill and empty.</summary>
/// <remarks>
/// Requests are routed to where they end soonest, so all groups that get any take equally long (Wardrop's equilibrium), and the slower
/// ones get some only when the fast ones are as slow. Slots are free at first; requests in service follow dN/dt = arrivals - N / S(N),
/// and where all slots are taken a queue grows by what is left. After the last arrival the groups empty, and get faster. Means over the
/// requests of the horizon by Little's law. Beside the fluid there is chance: Sakasegawa's delay probability at the load of each moment,
/// a quarter of Allen and Cunneen's wait, because a request that finds its replica full goes to another one.
/// </remarks>
internal readonly struct SlotPool
{
    private const int Levels = 12;
    private const int Moments = 16;
    private const int DrainMoments = 8;
    private const double ChanceShare = 0.25;

    // By level: sequences that hold a slot, and what a request takes that comes then.
    private readonly double[] _sequences;
    private readonly double[] _service;
    private readonly double[] _prompt;

    private SlotPool(double[] sequences, double[] service, double[] prompt) => (_sequences, _service, _prompt) = (sequences, service, prompt);

    public double MostSequences => _sequences[^1];

    /// <summary>Requests a second when there are always some that wait: what a simulation reaches, below the capacity.</summary>
    public double SustainedPerSecond => MostSequences / _service[^1];

    public static SlotPool Of(ReadOnlySpan<GroupPlan> groups, ReplicaRole role, ServingCosts serving)
    {
        var (count, least, most) = (0, double.PositiveInfinity, 0.0);
        foreach (var group in groups)
        {
            if (group.Role != role)
                continue;
            var curve = group.Occupancy(serving);
            (count, least, most) = (count + 1, Math.Min(least, curve.LeastSeconds), Math.Max(most, curve.MostSeconds));
        }
        // A request is one of those that run where it runs. Of many replicas it finds one that is emptier than the mean.
        var self = 1 / Math.Sqrt(count);
        var factor = Math.Pow(most / least, 1.0 / Levels);
        var (sequences, service, prompt) = (new double[Levels + 1], new double[Levels + 1], new double[Levels + 1]);
        var rates = new double[Levels + 1];
        foreach (var group in groups)
        {
            if (group.Role != role)
                continue;
            var curve = group.Occupancy(serving);
            var (seconds, from) = (least, 0);
            for (var level = 0; level <= Levels; level++, seconds *= factor)
            {
                if (level == Levels)
                    seconds = most;
                if (seconds < curve.LeastSeconds)
                    continue;
                var (found, promptSeconds) = curve.Within(seconds, ref from);
                var held = curve.MostSequences <= 1 ? curve.MostSequences : (found - self) / (1 - self / curve.MostSequences);
                // Somebody has to be the first.
                var weight = Math.Max(held, 1e-9);
                var rate = weight / Math.Min(seconds, curve.MostSeconds);
                sequences[level] += Math.Max(0, held);
                rates[level] += rate;
                service[level] += weight;
                prompt[level] += rate * promptSeconds;
            }
        }
        for (var level = 0; level <= Levels; level++)
            (service[level], prompt[level]) = (service[level] / rates[level], prompt[level] / rates[level]);
        return new SlotPool(sequences, service, prompt);
    }

    /// <summary>What so many requests at this rate go through.</summary>
    /// <param name="arrivalsPerSecond">Load; above 0.</param>
    /// <param name="variability">Half the sum of the SCVs of gaps and service.</param>
    /// <param name="requests">The horizon.</param>
    public (Station Wait, double ServiceSeconds, double PromptSeconds, double CrowdedSeconds) Over(double arrivalsPerSecond, double variability, int requests)
    {
        var (most, sustained, horizon) = (MostSequences, SustainedPerSecond, requests / arrivalsPerSecond);
        var exponent = Math.Sqrt(2 * (most + 1)) - 1;
        var step = horizon / Moments;
        var (held, queued, heldArea, queuedArea) = (0.0, 0.0, 0.0, 0.0);
        var (chance, delayed, prompt, busy) = (0.0, 0.0, 0.0, 0.0);
        for (var moment = 0; moment < Moments; moment++)
        {
            var left = step;
            var area = 0.0;
            if (held < most || arrivalsPerSecond < sustained)
            {
                // Towards as many as come while one is served: there, or until all slots are taken.
                var halfway = arrivalsPerSecond * At(held).Service;
                var service = At(Math.Min(most, halfway + (held - halfway) * Math.Exp(-0.5 * step / At(held).Service))).Service;
                var level = arrivalsPerSecond * service;
                var filling = level > most && held < most ? service * Math.Log((level - held) / (level - most)) : double.PositiveInfinity;
                var passed = Math.Min(step, filling);
                var decayed = (held - level) * Math.Exp(-passed / service);
                area = level * passed + service * (held - level - decayed);
                held = filling <= step ? most : Math.Min(most, level + decayed);
                left = step - passed;
            }
            if (left > 0)
            {
                var grown = Math.Max(0, queued + (arrivalsPerSecond - sustained) * left);
                queuedArea += 0.5 * (queued + grown) * left;
                queued = grown;
                area += most * left;
            }
            heldArea += area;
            var mean = area / step;
            var felt = Math.Min(1, mean / most);
            var delay = Math.Pow(felt, exponent);
            chance += delay / Math.Max(1 - felt, 1 / Math.Sqrt(Math.Max(1, (moment + 0.5) * step * arrivalsPerSecond)));
            delayed += delay;
            busy += felt;
            prompt += At(mean).Prompt;
        }
        heldArea += most * queued / sustained;
        queuedArea += 0.5 * queued * queued / sustained;
        for (var moment = 0; moment < DrainMoments; moment++)
            heldArea += held / DrainMoments * At((moment + 0.5) / DrainMoments * held).Service;
        var fluid = queuedArea / requests;
        var stochastic = ChanceShare * variability * chance / Moments / sustained;
        // Not both: a queue that grows anyway is there for whoever comes by chance.
        return (
            new Station(Math.Sqrt(fluid * fluid + stochastic * stochastic) - fluid, fluid, delayed / Moments, busy / Moments),
            heldArea / requests,
            prompt / Moments,
            Crowded(busy / Moments * most));
    }

    // Sequences come and go as in a Poisson process, so that a tenth of the requests find 1.28 standard deviations more than the mean.
    private double Crowded(double sequences)
    {
        var (service, prompt) = At(Math.Min(MostSequences, sequences + 1.28 * Math.Sqrt(sequences)));
        return service - prompt;
    }

    private (double Service, double Prompt) At(double sequences)
    {
        var level = 0;
        while (level + 1 < Levels && _sequences[level + 1] < sequences)
            level++;
        var width = _sequences[level + 1] - _sequences[level];
        var share = width > 0 ? Math.Clamp((sequences - _sequences[level]) / width, 0, 1) : 1;
        return (_service[level] + share * (_service[level + 1] - _service[level]), _prompt[level] + share * (_prompt[level + 1] - _prompt[level]));
    }
}
