return await E2LLM.Cli.CommandLine.RunAsync(args);
