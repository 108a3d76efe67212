namespace E2LLM.Silo.Hosting;

/// <summary>What a silo host needs to know. Section "E2LLM:Silo"; every path may be relative to the working directory.</summary>
public sealed class HostOptions
{
    public const string Section = "E2LLM:Silo";

    /// <summary>Name of the silo in the cluster. Default: the machine's name.</summary>
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>GGUF file to serve. Default: the demo model that ships with the program.</summary>
    public string Model { get; set; } = "";

    /// <summary>Fleet file: the devices of this silo. Default: four unlike emulated devices, for the demo model.</summary>
    public string Fleet { get; set; } = "";

    /// <summary>Directory of the slices and the journal. Default: e2llm under the user's local application data.</summary>
    public string DataDirectory { get; set; } =
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "e2llm");

    /// <summary>HTTP port on loopback. Default 8080; 0 to 65,535, where 0 takes a free one.</summary>
    public int HttpPort { get; set; } = 8080;

    /// <summary>Port between silos, on loopback. Default 11111; 1 to 65,535, 0 takes a free one.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port for Orleans clients, on loopback. Default 30000; 1 to 65,535, 0 takes a free one.</summary>
    public int GatewayPort { get; set; } = 30000;
}
