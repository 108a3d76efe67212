using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using E2LLM.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace E2LLM.Cli.Namespaces;

/// <summary>A network interface whose cable is this process: what the system sends comes out here frame by frame, and the other way round. Linux only; gone with the process.</summary>
internal sealed class TapDevice : IDisposable
{
    /// <summary>The system's door to such interfaces.</summary>
    public const string DevicePath = "/dev/net/tun";

    private const uint SetInterface = 0x400454CA; // TUNSETIFF
    private const short TapWithoutHeader = 0x0002 | 0x1000; // IFF_TAP | IFF_NO_PI
    private const int RequestBytes = 40;
    private const int NameBytes = 16;
    private const int SetFlags = 4; // F_SETFL
    private const int NonBlocking = 0x800; // O_NONBLOCK

    private readonly SafeFileHandle _handle;

    private TapDevice(SafeFileHandle handle) => _handle = handle;

    /// <summary>For <see cref="WireThread"/>, which owns neither.</summary>
    public int Descriptor => (int)_handle.DangerousGetHandle();

    /// <param name="name">At most 15 characters.</param>
    /// <exception cref="E2LlmException">The system does not give it.</exception>
    public static TapDevice Create(string name)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(DevicePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new E2LlmException($"{DevicePath} cannot be opened, which makes the network of --namespaces: {error.Message}", inner: error);
        }
        var request = new byte[RequestBytes];
        Encoding.ASCII.GetBytes(name, request);
        BitConverter.TryWriteBytes(request.AsSpan(NameBytes), TapWithoutHeader);
        if (ioctl(handle, SetInterface, request) == 0 && fcntl(handle, SetFlags, NonBlocking) == 0)
            return new TapDevice(handle);
        var reason = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        handle.Dispose();
        throw new E2LlmException($"The system does not give the network interface '{name}' of --namespaces: {reason}.");
    }

    /// <returns>Bytes of the frame; 0: none is there.</returns>
    public int Read(byte[] buffer) => (int)Math.Max(0, read(_handle, buffer, (nuint)buffer.Length));

    /// <summary>A frame that the system has no room for is lost, as on any network.</summary>
    public void Write(byte[] frame, int bytes) => _ = write(_handle, frame, (nuint)bytes);

    public void Dispose() => _handle.Dispose();

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(SafeFileHandle file, nuint request, byte[] argument);

    [DllImport("libc", SetLastError = true)]
    private static extern int fcntl(SafeFileHandle file, int command, int argument);

    [DllImport("libc")]
    private static extern nint read(SafeFileHandle file, byte[] buffer, nuint count);

    [DllImport("libc")]
    private static extern nint write(SafeFileHandle file, byte[] buffer, nuint count);
}
