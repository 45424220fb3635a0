using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace NodeAgent.ContainerRuntime.Docker.Host;

/// <summary>Makes sockets inside another network namespace. A socket stays in the namespace that it was made in.</summary>
internal static class NetworkNamespaceSocket
{
    /// <exception cref="Win32Exception">The namespace cannot be entered.</exception>
    public static Task<Socket> CreateAsync(string namespacePath, AddressFamily family)
    {
        var result = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);

        // The thread changes its namespace and ends with it: no other work may ever run there.
        var thread = new Thread(() =>
        {
            try
            {
                Enter(namespacePath);
                result.SetResult(new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = "netns",
        };
        thread.Start();
        return result.Task;
    }

    private static void Enter(string path)
    {
        var descriptor = Libc.Open(path, Libc.ReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot open the network namespace {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        try
        {
            if (Libc.SetNamespace(descriptor, Libc.CloneNewNet) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot enter the network namespace {path}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
