using E2LLM.Core.Configuration;

namespace E2LLM.Silo.Hosting;

/// <summary>What a silo host needs to know. Section "E2LLM:Silo"; every path may be relative to the working directory.</summary>
public sealed class HostOptions
{
    public const string Section = "E2LLM:Silo";

    /// <summary>Stands for no device at all: a silo that only takes requests.</summary>
    public const string NoDevices = "none";

    /// <summary>Name of the silo in the cluster.</summary>
    [OptionText(Default = "the machine's name", MaxCharacters = 64)]
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>GGUF file to serve. Empty: the demo model that ships with the program. "fog" or "fog:ID": the model of the other silos, from which its weights come.</summary>
    [OptionText(Default = "the demo's", Valid = "a GGUF file, `fog`, or `fog:ID`")]
    public string Model { get; set; } = "";

    /// <summary>Fleet file. Empty: four unlike emulated devices with the demo model, else this machine as one device.</summary>
    [OptionText(Default = "the demo's, or this machine", Valid = "a fleet file")]
    public string Fleet { get; set; } = "";

    /// <summary>Ids of those devices of the fleet file that this silo hosts, separated by commas: one file may serve a whole fog.</summary>
    [OptionText(Default = "all", Valid = "ids of devices, or `none`")]
    public string Devices { get; set; } = "";

    /// <summary>Whether the links of the fleet file are emulated between silos too, as for several silos on one machine.</summary>
    public bool EmulateNetwork { get; set; }

    /// <summary>Directory of the slices, the pieces of weights and the journal.</summary>
    [OptionText(Default = "`e2llm` under the user's local application data", Valid = "a folder")]
    public string DataDirectory { get; set; } =
        // Not made here: a service's user often has no home, and another folder is configured then.
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "e2llm");

    /// <summary>Whether a journal that is damaged, or none, is renamed and a new one begun; else the silo does not start.</summary>
    public bool SetBrokenJournalAside { get; set; }

    /// <summary>Address of this machine by which other silos and Orleans clients reach it. Any other than a loopback address needs TLS, or <see cref="Insecure"/>.</summary>
    [OptionText(Valid = "an IP address of this machine")]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>Address on which HTTP is served, the dashboard included. Any other than a loopback address needs <see cref="Insecure"/>.</summary>
    [OptionText(Valid = "an IP address of this machine, or 0.0.0.0")]
    public string HttpAddress { get; set; } = "127.0.0.1";

    /// <summary>Opens ports to other machines without TLS and keys: whoever reaches them can do anything.</summary>
    public bool Insecure { get; set; }

    /// <summary>HTTP port.</summary>
    [OptionRange(1, 65_535, Zero = "a free one")]
    public int HttpPort { get; set; } = 8080;

    /// <summary>Port between silos.</summary>
    [OptionRange(1, 65_535, Zero = "a free one")]
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port for Orleans clients.</summary>
    [OptionRange(1, 65_535, Zero = "a free one")]
    public int GatewayPort { get; set; } = 30000;
}
