using E2LLM.Core.Configuration;

namespace E2LLM.Silo.Hosting;

/// <summary>What a silo host needs to know. Section "E2LLM:Silo"; every path may be relative to the working directory.</summary>
public sealed class HostOptions
{
    public const string Section = "E2LLM:Silo";

    /// <summary>Name of the silo in the cluster.</summary>
    [OptionText(Default = "the machine's name", MaxCharacters = 64)]
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>GGUF file to serve. Empty: the demo model that ships with the program.</summary>
    [OptionText(Default = "the demo's", Valid = "a GGUF file")]
    public string Model { get; set; } = "";

    /// <summary>Fleet file: the devices of this silo. Empty: four unlike emulated devices, for the demo model.</summary>
    [OptionText(Default = "the demo's", Valid = "a fleet file")]
    public string Fleet { get; set; } = "";

    /// <summary>Directory of the slices and the journal.</summary>
    [OptionText(Default = "`e2llm` under the user's local application data", Valid = "a folder")]
    public string DataDirectory { get; set; } =
        // Not made here: a service's user often has no home, and another folder is configured then.
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "e2llm");

    /// <summary>Whether a journal that is damaged, or none, is renamed and a new one begun; else the silo does not start.</summary>
    public bool SetBrokenJournalAside { get; set; }

    /// <summary>HTTP port on loopback.</summary>
    [OptionRange(1, 65_535, Zero = "a free one")]
    public int HttpPort { get; set; } = 8080;

    /// <summary>Port between silos, on loopback.</summary>
    [OptionRange(1, 65_535, Zero = "a free one")]
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port for Orleans clients, on loopback.</summary>
    [OptionRange(1, 65_535, Zero = "a free one")]
    public int GatewayPort { get; set; } = 30000;
}
