using E2LLM.Silo.Tests.Clustering;

await ClusterProcess.RunAsync(args);
