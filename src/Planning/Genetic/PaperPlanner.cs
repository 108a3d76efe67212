using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Genetic;

/// <summary>
/// The planner of arXiv 2606.03770 as far as a summary of it tells: a genetic algorithm over device order and replica sizes around the
/// partition DP, all role labelings and concurrencies tried, for the least bottleneck over the arrival interval.
/// </summary>
/// <remarks>Population, generations and selection are not known from the summary; they are set here. Seeded; evaluated in parallel.</remarks>
public sealed class PaperPlanner : ContextPlanner
{
    private const int Population = 64;
    private const int Elites = 8;
    private const double MutationShare = 0.3;

    private static readonly SearchLimits Limits = new(MaxRounds: 150, MaxStalledRounds: 40);

    public override string Name => "e2llm-paper";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        var devices = context.Serving.Fleet.DeviceCount;
        var random = new Random(context.Request.Seed);
        var decoder = new ChromosomeDecoder(context);
        var current = Evaluate(decoder, [.. Enumerable.Range(0, Population).Select(_ => Chromosome.Random(devices, random))], context);
        for (int round = 0, stalled = 0; !Limits.Stops(round, stalled); round++)
        {
            // Elites live on and are crossed with all of the current generation.
            var children = new Chromosome[Population - Elites];
            for (var child = 0; child < children.Length; child++)
            {
                var crossed = Chromosome.Cross(current[random.Next(Elites)].Chromosome, current[random.Next(Population)].Chromosome, random);
                children[child] = random.NextDouble() < MutationShare ? crossed.Mutate(random) : crossed;
            }
            var best = current[0].Plan;
            current = [.. current.Take(Elites).Concat(Evaluate(decoder, children, context)).OrderBy(entry => entry.Plan)];
            stalled = current[0].Plan.CompareTo(best) < 0 ? 0 : stalled + 1;
        }
        return current[0].Plan.Groups;
    }

    private static (Chromosome Chromosome, DecodedPlan Plan)[] Evaluate(ChromosomeDecoder decoder, Chromosome[] chromosomes, PlanningContext context)
    {
        var plans = new DecodedPlan[chromosomes.Length];
        Parallel.For(0, plans.Length, context.Threads, index => plans[index] = decoder.Decode(chromosomes[index]));
        // OrderBy is stable, so that ties fall the same way on any number of threads.
        return [.. chromosomes.Zip(plans).OrderBy(entry => entry.Second)];
    }
}
