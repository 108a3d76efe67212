using E2LLM.Core.Errors;
using E2LLM.Silo.Hosting;

try
{
    await using var app = await SiloHost.BuildAsync(args);
    await app.RunAsync();
    return 0;
}
catch (E2LlmException exception)
{
    Console.Error.WriteLine($"e2llm silo: {exception.Message}");
    return 1;
}
