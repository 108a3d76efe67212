using E2LLM.Silo.Hosting;

try
{
    await using var app = await SiloHost.BuildAsync(args);
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (StartFailure.Describe(exception) is { } reason)
{
    Console.Error.WriteLine($"e2llm silo: {reason}");
    return 1;
}
