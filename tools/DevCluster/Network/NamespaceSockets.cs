using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.DevCluster.Network;

/// <summary>
/// Sockets that belong to another network namespace. A socket stays in the namespace of the thread that made it, so one
/// thread enters for as long as that takes, and ends; the socket is then used from anywhere.
/// </summary>
public static partial class NamespaceSockets
{
    private const int NetworkNamespaceFlag = 0x40000000;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const int SctpProtocol = 132;

    /// <param name="name">As <c>ip netns</c> knows it.</param>
    public static T In<T>(string name, Func<T> make)
    {
        var result = default(T);
        Exception? error = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{name}");
                if (SetNamespace(file, NetworkNamespaceFlag) < 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError(), $"enter network namespace {name}");
                }

                result = make();
            }
            catch (Exception e)
            {
                error = e;
            }
        });
        thread.Start();
        thread.Join();
        return error is null ? result! : throw new InvalidOperationException($"make a socket in network namespace {name}: {error.Message}", error);
    }

    public static Socket Tcp(string name, AddressFamily family) => In(name, () => new Socket(family, SocketType.Stream, ProtocolType.Tcp));

    public static Socket Udp(string name, AddressFamily family) => In(name, () => new Socket(family, SocketType.Dgram, ProtocolType.Udp));

    /// <summary>A raw socket: the kernel of a test host need not have SCTP of its own to translate and track it.</summary>
    public static Socket Sctp(string name, AddressFamily family) => In(name, () =>
    {
        var descriptor = OpenSocket(family == AddressFamily.InterNetwork ? 2 : 10, RawCloseOnExec, SctpProtocol);
        return descriptor < 0
            ? throw new Win32Exception(Marshal.GetLastPInvokeError(), "open a raw SCTP socket")
            : new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    });

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle file, int kind);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int OpenSocket(int family, int type, int protocol);
}
