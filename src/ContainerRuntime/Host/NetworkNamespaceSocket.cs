using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.ContainerRuntime.Host;

/// <summary>Makes sockets inside another network namespace. A socket stays in the namespace that it was made in.</summary>
internal static class NetworkNamespaceSocket
{
    /// <exception cref="Win32Exception">There is no such namespace, or it cannot be opened.</exception>
    public static SafeFileHandle Open(string namespacePath)
    {
        var handle = Libc.Open(namespacePath, Libc.ReadOnlyCloseOnExec);
        return handle.IsInvalid
            ? throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot open the network namespace {namespacePath}: {Marshal.GetLastPInvokeErrorMessage()}")
            : handle;
    }

    /// <exception cref="Win32Exception">The namespace cannot be entered.</exception>
    public static Task<Socket> CreateAsync(SafeFileHandle networkNamespace, AddressFamily family)
    {
        var result = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);

        // The thread changes its namespace and ends with it: no other work may ever run there.
        var thread = new Thread(() =>
        {
            try
            {
                if (Libc.SetNamespace(networkNamespace, Libc.CloneNewNet) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError(), $"cannot enter the network namespace: {Marshal.GetLastPInvokeErrorMessage()}");
                }

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
}
