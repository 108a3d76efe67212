using System.CommandLine;
using E2LLM.Core.Errors;
using E2LLM.Core.Trust;

namespace E2LLM.Cli.Certificates;

/// <summary><c>e2llm cert</c>: a fog's own authority, and the certificates of its machines and clients.</summary>
internal static class CertCommand
{
    private const int AuthorityDays = 3650;
    private const int CertificateDays = 365;

    public static Command Create() => new("cert", "Make the certificates by which the machines of a fog know each other.")
    {
        Init(),
        Issue(),
        Renew(),
    };

    private static Option<DirectoryInfo> Folder() => new("--authority")
    {
        Description = "Folder of the authority. Its key should lie on no machine of the fog.",
        DefaultValueFactory = _ => new DirectoryInfo("authority"),
    };

    private static Option<int> Days(int days) => new("--days") { Description = "Days of validity.", DefaultValueFactory = _ => days };

    private static Command Init()
    {
        var folder = Folder();
        var name = new Option<string>("--name") { Description = "What the fog is called.", DefaultValueFactory = _ => "fog" };
        var days = Days(AuthorityDays);
        var command = new Command("init", "Make an authority, once for a fog.") { folder, name, days };
        command.SetAction(arguments =>
        {
            var path = arguments.GetValue(folder)!.FullName;
            CertificateAuthority.Create(path, arguments.GetValue(name)!, Now(), Positive(arguments.GetValue(days)));
            Console.WriteLine($"{Path.Combine(path, CertificateAuthority.CertificateName)}: goes to every machine and client of the fog");
            Console.WriteLine($"{Path.Combine(path, CertificateAuthority.KeyName)}: stays here, and is to be kept as a secret");
            return 0;
        });
        return command;
    }

    private static Command Issue()
    {
        var folder = Folder();
        var days = Days(CertificateDays);
        var name = new Argument<string>("name") { Description = "Of the machine, or of the client; the files are called by it." };
        var hosts = new Option<string[]>("--host") { Description = "Name or address of the machine, for HTTPS; several times for several." };
        var client = new Option<bool>("--client") { Description = "For a client: it may ask, and not join." };
        var output = new Option<DirectoryInfo>("--out") { Description = "Where the files go.", DefaultValueFactory = _ => new DirectoryInfo(".") };
        var command = new Command("issue", "Issue a machine's or a client's certificate.") { folder, name, hosts, client, days, output };
        command.SetAction(arguments =>
        {
            var directory = arguments.GetValue(output)!;
            directory.Create();
            var (certificate, key) = Files(directory, arguments.GetValue(name)!);
            if (File.Exists(certificate))
                throw new ConfigurationException($"'{certificate}' is there already. 'e2llm cert renew' replaces it.");
            return Write(arguments.GetValue(folder)!, arguments.GetValue(name)!, certificate, key, arguments.GetValue(hosts) ?? [], !arguments.GetValue(client), arguments.GetValue(days));
        });
        return command;
    }

    private static Command Renew()
    {
        var folder = Folder();
        var days = Days(CertificateDays);
        var file = new Argument<FileInfo>("certificate") { Description = "The certificate's file; its key lies beside it." };
        var command = new Command("renew", "Replace a certificate by one that is valid for longer. A running silo takes it up by itself.") { folder, file, days };
        command.SetAction(arguments =>
        {
            var path = arguments.GetValue(file)!;
            var (name, hosts, isNode) = CertificateFacts.Read(path.FullName);
            return Write(arguments.GetValue(folder)!, name, path.FullName, Path.ChangeExtension(path.FullName, ".key"), hosts, isNode, arguments.GetValue(days));
        });
        return command;
    }

    private static int Write(DirectoryInfo folder, string name, string certificate, string key, IEnumerable<string> hosts, bool isNode, int days)
    {
        using var authority = CertificateAuthority.Open(folder.FullName);
        var serial = authority.Issue(certificate, key, name, hosts, isNode, Now(), Positive(days));
        Console.WriteLine($"{certificate}: serial {serial}, {(isNode ? "a machine of the fog" : "a client")}");
        Console.WriteLine($"{key}: its key");
        return 0;
    }

    private static (string Certificate, string Key) Files(DirectoryInfo directory, string name) =>
        (Path.Combine(directory.FullName, $"{name}.pem"), Path.Combine(directory.FullName, $"{name}.key"));

    private static int Positive(int days) =>
        days is >= 1 and <= 36_500 ? days : throw new ConfigurationException($"--days is {days}; it must be 1 to 36,500.");

    private static DateTimeOffset Now() => TimeProvider.System.GetUtcNow();
}
