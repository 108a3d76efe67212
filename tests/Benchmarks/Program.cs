using System.CommandLine;
using E2LLM.Benchmarks.DataPlane;
using E2LLM.Benchmarks.FrozenSilo;
using E2LLM.Benchmarks.HandOff;
using E2LLM.Benchmarks.Interference;
using E2LLM.Benchmarks.Network;
using E2LLM.Benchmarks.Nodes;
using E2LLM.Benchmarks.Orchestration;
using E2LLM.Benchmarks.PlannedSteps;
using E2LLM.Benchmarks.Runtimes;
using E2LLM.Benchmarks.Scale;
using E2LLM.Benchmarks.Serving;
using E2LLM.Benchmarks.Truth;
using E2LLM.Benchmarks.TwoSilos;

var root = new RootCommand("Benchmarks: whole flows on the real engine, and what the orchestration costs.")
{
    ServingCommand.Create(),
    HopCommand.Create(),
    DataPortCommand.Create(),
    TwoSilosCommand.Create(),
    StepCostCommand.Create(),
    PlannedStepsCommand.Create(),
    HandOffCommand.Create(),
    InterferenceCommand.Create(),
    OrchestrationCommand.Create(),
    FrozenSiloCommand.Create(),
    TruthCommand.Create(),
    ScaleCommand.Create(),
    ScaleNodeCommand.Create(),
    NetworkCommand.Create(),
    NetworkEndCommand.Create(),
    RawPeer.Create(),
    RuntimesCommand.Create(),
    RuntimeCommand.Create(),
    NodeCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
