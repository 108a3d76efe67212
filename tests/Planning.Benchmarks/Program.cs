using E2LLM.Planning.Benchmarks;
using E2LLM.Planning.Benchmarks.Churn;
using E2LLM.Planning.Benchmarks.Compared;

// dotnet run -c Release --project tests/Planning.Benchmarks -- [targets|baselines|simulated|compared [seeds]|speed [requests]|churn] [fleet…]
var fleets = args.Skip(1).ToArray();
switch (args.FirstOrDefault() ?? "targets")
{
    case "targets":
        Targets.Print(Console.Out, fleets);
        return 0;
    case "baselines":
        BaselineTable.Print(Console.Out, fleets);
        return 0;
    case "simulated":
        SimulatedTable.Print(Console.Out, fleets);
        return 0;
    case "speed":
        const int defaultRequests = 1_000_000;
        var isCounted = int.TryParse(fleets.FirstOrDefault(), out var requests) && requests > 0;
        fleets = isCounted ? fleets[1..] : fleets;
        SimulationSpeed.Print(
            Console.Out, isCounted ? requests : defaultRequests, fleets.ElementAtOrDefault(0) ?? "campus-64", fleets.ElementAtOrDefault(1) ?? "azure-conv", fleets.ElementAtOrDefault(2) ?? "e2llm");
        return 0;
    case "compared":
        const int defaultSeeds = 8;
        var isNumbered = int.TryParse(fleets.FirstOrDefault(), out var seeds) && seeds > 0;
        fleets = isNumbered ? fleets[1..] : fleets;
        new ComparedReport(Console.Out, isNumbered ? seeds : defaultSeeds).Write(fleets.Length > 0 ? fleets : ComparedFleets.Names);
        return 0;
    case "churn":
        var churn = new ChurnReport(Console.Out);
        if (fleets.FirstOrDefault() != "day")
            churn.WriteLoss(fleets.FirstOrDefault() ?? "paper-testbed");
        if (fleets.FirstOrDefault() is null or "day")
            churn.WriteDay();
        return 0;
    default:
        Console.Error.WriteLine("usage: [targets|baselines|simulated|compared [seeds]|speed [requests]|churn] [fleet...]");
        return 1;
}
