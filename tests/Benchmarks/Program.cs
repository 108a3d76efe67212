using System.CommandLine;
using E2LLM.Benchmarks.DataPlane;
using E2LLM.Benchmarks.Serving;

var root = new RootCommand("Benchmarks: whole flows on the real engine, and what the orchestration costs.")
{
    ServingCommand.Create(),
    HopCommand.Create(),
    DataPortCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
