using E2LLM.Planning.Benchmarks;

// dotnet run -c Release --project tests/Planning.Benchmarks -- [targets|baselines|simulated] [fleet…]
switch (args.FirstOrDefault() ?? "targets")
{
    case "targets":
        Targets.Print(Console.Out, args.Skip(1).ToArray());
        return 0;
    case "baselines":
        BaselineTable.Print(Console.Out, args.Skip(1).ToArray());
        return 0;
    case "simulated":
        SimulatedTable.Print(Console.Out, args.Skip(1).ToArray());
        return 0;
    default:
        Console.Error.WriteLine("usage: [targets|baselines|simulated] [fleet...]");
        return 1;
}
