using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.ContainerRuntime.Host;

/// <summary>The ports of a sandbox that runs in a network namespace of this host.</summary>
/// <remarks>The namespace is held from the beginning: who gets the process's number later is never mistaken for the sandbox.</remarks>
internal sealed class SandboxPorts : ISandboxPorts
{
    private readonly string _sandboxId;
    private readonly SafeFileHandle _namespace;

    private SandboxPorts(string sandboxId, SafeFileHandle networkNamespace)
    {
        _sandboxId = sandboxId;
        _namespace = networkNamespace;
    }

    /// <param name="sandboxId">For the messages of errors.</param>
    /// <param name="process">A process of the sandbox, by its number on this host.</param>
    /// <exception cref="RuntimeException">The process is gone.</exception>
    public static SandboxPorts Of(string sandboxId, int process)
    {
        try
        {
            return new SandboxPorts(sandboxId, NetworkNamespaceSocket.Open($"/proc/{process}/ns/net"));
        }
        catch (Win32Exception e)
        {
            throw new RuntimeException(RuntimeErrorCode.FailedPrecondition, $"cannot reach the ports of pod sandbox {sandboxId}: {e.Message}", e);
        }
    }

    public async Task<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        }
        catch (SocketException first)
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, port), cancellationToken);
            }
            catch (SocketException e)
            {
                throw new RuntimeException(RuntimeErrorCode.Unavailable, $"cannot connect to port {port} in pod sandbox {_sandboxId}: {IPAddress.Loopback}: {first.Message}; {IPAddress.IPv6Loopback}: {e.Message}", e);
            }
        }
        catch (Win32Exception e)
        {
            throw new RuntimeException(RuntimeErrorCode.FailedPrecondition, $"cannot connect to port {port} in pod sandbox {_sandboxId}: {e.Message}", e);
        }
    }

    public void Dispose() => _namespace.Dispose();

    private async Task<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = await NetworkNamespaceSocket.CreateAsync(_namespace, endPoint.AddressFamily);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
