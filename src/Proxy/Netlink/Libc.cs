using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Proxy.Netlink;

/// <summary>The calls into libc that netlink needs and .NET's sockets do not have.</summary>
internal static partial class Libc
{
    public const int InternetFamily = 2;
    public const int InternetV6Family = 10;
    public const int NetlinkFamily = 16;
    public const int RawCloseOnExec = 3 | 0x80000;
    public const int NetfilterProtocol = 12;
    public const int RawProtocol = 255;
    public const int InternetLevel = 0;
    public const int InternetV6Level = 41;
    public const int NetlinkLevel = 270;
    public const int AddMembership = 1;
    public const int NoBufferSpaceErrors = 5;
    public const int SocketLevel = 1;
    public const int ReceiveTimeout = 20;
    public const int ReceiveBufferForce = 33;

    public const int ErrorAgain = 11;
    public const int ErrorInterrupted = 4;
    public const int ErrorNoEntry = 2;
    public const int ErrorNotSupported = 95;
    public const int ErrorNoBuffers = 105;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(SafeFileHandle socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(SafeFileHandle socket, int level, int name, ReadOnlySpan<byte> value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(SafeFileHandle socket, int level, int name, Span<byte> value, ref int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(SafeFileHandle socket, ReadOnlySpan<byte> data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(SafeFileHandle socket, Span<byte> data, nint length, int flags);
}
