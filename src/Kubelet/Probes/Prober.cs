using System.Net.Sockets;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Hooks;

namespace NodeAgent.Kubelet.Probes;

/// <summary>Runs one probe once.</summary>
internal sealed class Prober(IRuntimeService runtime, HttpAction http, GrpcHealth grpc, TimeProvider time)
{
    private const int LongestOutput = 10 * 1024;

    public async Task<ProbeRun> RunAsync(ProbeTarget target, Probe probe, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(probe.TimeoutSeconds > 0 ? probe.TimeoutSeconds : 1);
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return probe.Handler switch
            {
                { Exec: { } exec } => await ExecAsync(target, exec, timeout, cancellationToken),
                { HttpGet: { } get } => await HttpAsync(target, get, linked.Token),
                { TcpSocket: { } tcp } => await TcpAsync(target, tcp, linked.Token),
                { Grpc: { } action } => await grpc.CheckAsync(target.PodIP, action, linked.Token),
                _ => new ProbeRun(false, $"missing probe handler for {target.Container.Name}", Errored: true),
            };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var why = probe.Handler.TcpSocket is not null ? "i/o timeout" : $"context deadline exceeded (no answer within {timeout.TotalSeconds:0}s)";
            return new ProbeRun(false, $"{Describe(target, probe)}: {why}");
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            return new ProbeRun(false, $"{Describe(target, probe)}: {NetworkErrors.Text(e)}");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new ProbeRun(false, e.Message, Errored: true);
        }
    }

    private async Task<ProbeRun> ExecAsync(ProbeTarget target, ExecAction exec, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var command = exec.Command.Select(part => Containers.VariableExpansion.Expand(part, name => StaticValue(target.Container, name))).ToList();
            var answer = await runtime.ExecSyncAsync(target.ContainerId, command, timeout, cancellationToken);
            var output = answer.Stdout.ToStringUtf8() + answer.Stderr.ToStringUtf8();
            return new ProbeRun(answer.ExitCode == 0, output.Length > LongestOutput ? output[..LongestOutput] : output);
        }
        catch (TimeoutException)
        {
            return new ProbeRun(false, $"command timed out: \"{string.Join(' ', exec.Command)}\" timed out after {timeout.TotalSeconds:0}s");
        }
    }

    private static string? StaticValue(Container container, string name) => container.Env.FirstOrDefault(e => e.Name == name && e.ValueFrom is null)?.Value;

    private async Task<ProbeRun> HttpAsync(ProbeTarget target, HTTPGetAction get, CancellationToken cancellationToken)
    {
        var (status, body) = await http.GetAsync(get, target.Container, target.PodIP, "probe", cancellationToken);
        return status switch
        {
            >= 200 and < 300 => new ProbeRun(true, body),
            >= 300 and < 400 => new ProbeRun(true, $"Probe terminated redirects, Response body: {body}", Warning: true),
            _ => new ProbeRun(false, $"HTTP probe failed with statuscode: {status}"),
        };
    }

    private static async Task<ProbeRun> TcpAsync(ProbeTarget target, TCPSocketAction action, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(action.Host.Length > 0 ? action.Host : target.PodIP, Ports.Resolve(action.Port, target.Container), cancellationToken);
        return new ProbeRun(true, "");
    }

    private static string Describe(ProbeTarget target, Probe probe) => probe.Handler switch
    {
        { HttpGet: { } get } => $"Get \"{(get.Scheme.Length > 0 ? get.Scheme.ToLowerInvariant() : "http")}://{Address(get.Host, get.Port, target)}{get.Path}\"",
        { TcpSocket: { } tcp } => $"dial tcp {Address(tcp.Host, tcp.Port, target)}",
        { Grpc: { } grpc } => $"grpc {target.PodIP}:{grpc.Port}",
        _ => "exec",
    };

    private static string Address(string host, KubeApi.Meta.IntOrString? port, ProbeTarget target)
    {
        var name = host.Length > 0 ? host : target.PodIP;
        return $"{(name.Contains(':', StringComparison.Ordinal) ? $"[{name}]" : name)}:{PortText(port, target.Container)}";
    }

    private static string PortText(KubeApi.Meta.IntOrString? port, Container container)
    {
        try
        {
            return Ports.Resolve(port, container).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (FormatException)
        {
            return port?.StrVal ?? "";
        }
    }
}
