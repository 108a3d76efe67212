using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Groups;

/// <summary>How long a mean request holds its slot in a DECODER or MIXED group, by the number of sequences that hold one. Read-only.</summary>
/// <remarks>
/// What the scheduler does, on average. Answers are spread over the micro-batches, so a token takes a whole pass through the stages or, with
/// more micro-batches, their turns at the slowest stage. The prompts of the others ride in these steps, <see cref="RoleCosts.PromptRowsBesideDecode"/>
/// rows at a time: each row adds to a step what it adds to the table's time, and a call's fixed cost and the weights are there anyway. A
/// request's own prompt takes as many steps as it has such pieces, unless nobody else is there. Never less than the bottleneck law allows:
/// n sequences take n times what one prompt keeps the slowest stage.
/// </remarks>
public sealed class OccupancyCurve
{
    private const double CrowdFactor = 1.15;

    private readonly double[] _sequences;
    private readonly double[] _service;
    private readonly double[] _prompt;

    private OccupancyCurve(ServingCosts serving, double[] sequences, double[] service, double[] prompt)
    {
        (_sequences, _service, _prompt) = (sequences, service, prompt);
        GoodPerSecond = MostGood(serving.Fleet.Request.Targets, serving.DecodeSteps);
    }

    /// <summary>
    /// Sequences that hold a slot when there are always some that wait: those of the plan, or as many as the KV cells hold of the requests
    /// that run. Long answers run long, so these are longer than a mean request: a prompt and O (1 + SCV) tokens of answer.
    /// </summary>
    public double MostSequences => _sequences[^1];

    /// <summary>Requests per second in such company that a token, and a prompt, take no longer than the request's targets; 0 where they do alone.</summary>
    public double GoodPerSecond { get; }

    /// <summary>Of a lone request.</summary>
    public double LeastSeconds => _service[0];

    /// <summary>With <see cref="MostSequences"/>.</summary>
    public double MostSeconds => _service[^1];

    /// <summary>Requests per second with <see cref="MostSequences"/>.</summary>
    public double SustainedPerSecond => MostSequences / MostSeconds;

    public static OccupancyCurve Of(ServingCosts serving, GroupPlan group)
    {
        var most = MostRunning(serving, group);
        var shape = new Shape(serving, group);
        double[] sequences = [.. Grid(most)];
        var (service, prompt) = (new double[sequences.Length], new double[sequences.Length]);
        for (var index = 0; index < sequences.Length; index++)
        {
            (service[index], prompt[index]) = shape.Seconds(sequences[index]);
            // More company never helps: a table that says so is noise, and a curve has to have an inverse.
            if (index > 0)
                service[index] = Math.Max(service[index], service[index - 1]);
        }
        return new OccupancyCurve(serving, sequences, service, prompt);
    }

    /// <summary>The most sequences with which a request holds its slot no longer than that, and the seconds of it that its prompt takes.</summary>
    /// <param name="seconds">At least <see cref="LeastSeconds"/>.</param>
    /// <param name="from">Where an earlier call with less ended; advanced.</param>
    internal (double Sequences, double PromptSeconds) Within(double seconds, ref int from)
    {
        while (from + 1 < _service.Length && _service[from + 1] <= seconds)
            from++;
        if (from + 1 == _service.Length)
            return (_sequences[from], _prompt[from]);
        var share = Math.Clamp((seconds - _service[from]) / (_service[from + 1] - _service[from]), 0, 1);
        return (Between(_sequences, from, share), Between(_prompt, from, share));
    }

    /// <summary>Seconds with so many sequences.</summary>
    public double Seconds(double sequences)
    {
        var from = 0;
        while (from + 2 < _sequences.Length && _sequences[from + 1] < sequences)
            from++;
        return _sequences.Length == 1
            ? _service[0]
            : Between(_service, from, Math.Clamp((sequences - _sequences[from]) / (_sequences[from + 1] - _sequences[from]), 0, 1));
    }

    private double MostGood(ServiceTargets targets, double steps)
    {
        // Who comes in crowded moments waits longer for each token than the mean: so the mean has to be better than the target.
        var longest = targets.TpotSeconds * steps / CrowdFactor;
        bool IsGood(double sequences)
        {
            var from = 0;
            var prompt = Within(Seconds(sequences), ref from).PromptSeconds;
            return Seconds(sequences) - prompt <= longest && prompt <= targets.TtftSeconds;
        }
        if (!IsGood(1))
            return 0;
        var (good, bad) = (1.0, MostSequences);
        if (IsGood(bad))
            return SustainedPerSecond;
        for (var step = 0; step < 20; step++)
        {
            var middle = 0.5 * (good + bad);
            if (IsGood(middle))
                good = middle;
            else
                bad = middle;
        }
        return good / Seconds(good);
    }

    private static double Between(double[] values, int from, double share) => values[from] + share * (values[from + 1] - values[from]);

    private static double MostRunning(ServingCosts serving, GroupPlan group)
    {
        var workload = serving.Workload;
        var running = workload.MeanInputTokens + workload.MeanOutputTokens * (1 + workload.OutputTokensScv);
        return Math.Clamp(group.Choice.Settings.KvCells / running, 1, Math.Max(1, group.Concurrency));
    }

    // 1, 2, 3, 4, 6, 8, 12, 16, …
    private static IEnumerable<double> Grid(double most)
    {
        for (var power = 1.0; power < most; power *= 2)
        {
            yield return power;
            if (power > 1 && 1.5 * power < most)
                yield return 1.5 * power;
        }
        yield return most;
    }

    /// <summary>The group's calls, by their rows.</summary>
    private sealed class Shape
    {
        private readonly ServingCosts _serving;
        private readonly GroupPlan _group;
        private readonly double[] _work;
        private readonly double _pieceRows;
        private readonly double _pieces;

        public Shape(ServingCosts serving, GroupPlan group)
        {
            (_serving, _group) = (serving, group);
            _work = new double[group.Stages.Length];
            var first = 0;
            for (var index = 0; index < _work.Length; index++)
            {
                var end = group.Stages[index].End;
                _work[index] = serving.Fleet.LayerWork[end] - serving.Fleet.LayerWork[first];
                first = end;
            }
            _pieceRows = Math.Min(RoleCosts.PromptRowsBesideDecode, serving.ChunkTokens);
            _pieces = group.Role == ReplicaRole.Mixed ? serving.Workload.MeanInputTokens / _pieceRows : 0;
        }

        public (double Service, double Prompt) Seconds(double sequences)
        {
            var (low, high) = ((int)Math.Floor(sequences), (int)Math.Ceiling(sequences));
            var (atLow, atHigh) = (Whole(low), low == high ? default : Whole(high));
            return low == high ? atLow : (
                atLow.Service + (sequences - low) * (atHigh.Service - atLow.Service), atLow.Prompt + (sequences - low) * (atHigh.Prompt - atLow.Prompt));
        }

        private (double Service, double Prompt) Whole(int sequences)
        {
            var batches = Math.Max(1, Math.Min(_group.MicroBatches, sequences));
            var rows = (sequences + batches - 1) / batches;
            var (decodeSum, decodeMost, riderSum, riderMost, pieceMost, pieceSum) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            for (var index = 0; index < _work.Length; index++)
            {
                var (decode, rider) = Stage(index, rows);
                Add(decode, rider);
                if (index + 1 < _work.Length)
                    Add(Hop(index, rows), _pieces > 0 ? Hop(index, rows + (int)Math.Ceiling(_pieceRows)) - Hop(index, rows) : 0);
            }
            var answer = _serving.DecodeSteps * Math.Max(decodeSum, batches * decodeMost);
            if (_pieces == 0)
                return (answer, 0);
            // Alone, a prompt is read in whole chunks.
            var prompt = sequences == 1 ? _group.PromptSeconds : _pieces * pieceMost + pieceSum - pieceMost;
            var others = (sequences - 1) * _pieces * Math.Max(riderMost, riderSum / batches);
            // Others come once in service / (n - 1) seconds each: service = prompt + answer / (1 - others / service).
            var sum = prompt + answer + others;
            var service = 0.5 * (sum + Math.Sqrt(Math.Max(0, sum * sum - 4 * prompt * others)));
            return (Math.Max(service, sequences * Math.Min(_group.PromptBusySeconds, _pieces * pieceMost)), prompt);

            void Add(double decode, double rider)
            {
                (decodeSum, decodeMost) = (decodeSum + decode, Math.Max(decodeMost, decode));
                (riderSum, riderMost) = (riderSum + rider, Math.Max(riderMost, rider));
                (pieceSum, pieceMost) = (pieceSum + decode + rider, Math.Max(pieceMost, decode + rider));
            }
        }

        // A decode call, and what a piece of a prompt adds to it.
        private (double Decode, double Rider) Stage(int index, int rows)
        {
            var (fleet, device, isLast) = (_serving.Fleet, _group.Stages[index].Device, index == _work.Length - 1);
            var decode = fleet.Decode(device, rows, _serving.ContextTokens, _group.Choice.Settings.KvType).Seconds(_work[index], isLast);
            return (decode, _pieces == 0 ? 0 : fleet.RiderSeconds(device, rows, _pieceRows) * _work[index]);
        }

        private double Hop(int index, int rows) =>
            _serving.Fleet.HopSeconds(_group.Stages[index].Device, _group.Stages[index + 1].Device, rows);
    }
}
