using E2LLM.Core.Errors;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Storage;
using E2LLM.Silo.Tests.Fixtures;

namespace E2LLM.Silo.Tests.Storage;

public sealed class DataDirectoryTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Everybody = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Take_AnotherSiloHasIt_IsRefusedAndTheOtherNamed()
    {
        using var first = Take(_folder.Path, "first");

        var error = Assert.Throws<ConfigurationException>(() => Take(_folder.Path, "second"));

        Assert.StartsWith(
            $"E2LLM:Silo:DataDirectory is '{_folder.Path}'; it is in use by silo 'first', process {Environment.ProcessId} on host '{Environment.MachineName}', since ",
            error.Message);
        Assert.EndsWith("Stop that one, or give this silo a folder of its own.", error.Message);
    }

    [Fact]
    public void Take_TheOtherSiloHasEnded_IsTaken()
    {
        Take(_folder.Path, "first").Dispose();

        using var second = Take(_folder.Path, "second");

        Assert.Contains("'second'", Assert.Throws<ConfigurationException>(() => Take(_folder.Path, "third")).Message);
    }

    [Fact]
    public void Take_NewFolder_IsOfItsOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
            return;
        var path = Path.Combine(_folder.Path, "new");

        using var taken = Take(path);

        Assert.Equal(OwnerOnly, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData("journal.db", true)]
    [InlineData("slices", true)]
    [InlineData("somebody's.txt", false)]
    public void Take_FolderThatIsThere_IsMadePrivateWhereItHoldsNothingElse(string file, bool isMadePrivate)
    {
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(_folder.Path, Everybody);
        _folder.Write(file, "");

        using var taken = Take(_folder.Path);

        Assert.Equal(isMadePrivate ? OwnerOnly : Everybody, File.GetUnixFileMode(_folder.Path));
    }

    [Fact]
    public void Take_FileInItsPlace_SaysSoWithTheKey()
    {
        var file = _folder.Write("file", "");

        var error = Assert.Throws<ConfigurationException>(() => Take(file));

        Assert.StartsWith($"E2LLM:Silo:DataDirectory is '{file}'; it must be a folder that this user may write to: ", error.Message);
    }

    private static DataDirectory Take(string path, string name = "silo") =>
        DataDirectory.Take(new HostOptions { DataDirectory = path, Name = name }, TimeProvider.System);
}
