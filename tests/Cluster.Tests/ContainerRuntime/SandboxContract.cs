using System.Globalization;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>The part of the contract that is about pod sandboxes.</summary>
public abstract class SandboxContract(IEngineFixture engine)
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Run_Sandbox_IsReadyWithWhatItWasGiven()
    {
        await using var pod = await RunningPod.StartAsync(engine, "sandbox-status");

        var status = await engine.Runtime.PodSandboxStatusAsync(pod.Id, None);

        Assert.Equal(PodSandboxState.SandboxReady, status.State);
        Assert.Equal(pod.Config.Metadata, status.Metadata);
        Assert.Equal(pod.Config.Labels, status.Labels);
        Assert.Equal(pod.Config.Annotations, status.Annotations);
        Assert.True(System.Net.IPAddress.TryParse(status.Network.Ip, out _), status.Network.Ip);
        Assert.InRange(status.CreatedAt, Nanoseconds(DateTimeOffset.UtcNow.AddMinutes(-5)), Nanoseconds(DateTimeOffset.UtcNow.AddMinutes(1)));
    }

    [Fact]
    public async Task Run_PodNetwork_HasOwnNamespaceAddressHostnameAndDns()
    {
        await using var pod = await RunningPod.StartAsync(engine, "sandbox-net");
        var first = await pod.RunAsync(Pods.Container("first", "sleep", "600"));
        var second = await pod.RunAsync(Pods.Container("second", "sleep", "600"));

        var inside = await OutputAsync(first, "readlink", "/proc/self/ns/net");
        var beside = await OutputAsync(second, "readlink", "/proc/self/ns/net");
        var outside = await Command.RunAsync("readlink", ["/proc/self/ns/net"]);
        var addresses = await OutputAsync(first, "ip", "-4", "address", "show", "dev", "eth0");
        var resolv = await OutputAsync(first, "cat", "/etc/resolv.conf");
        var status = await engine.Runtime.PodSandboxStatusAsync(pod.Id, None);

        Assert.Equal(inside, beside);
        Assert.NotEqual(inside, outside.Output);
        Assert.Contains(status.Network.Ip + "/", addresses, StringComparison.Ordinal);
        Assert.Contains("nameserver 10.96.0.10", resolv, StringComparison.Ordinal);
        Assert.Contains("search contract.svc.cluster.local svc.cluster.local", resolv, StringComparison.Ordinal);
        Assert.Contains("options ndots:5", resolv, StringComparison.Ordinal);
        Assert.Equal("sandbox-net", (await OutputAsync(first, "hostname")).Trim());
    }

    [Fact]
    public async Task Run_HostNetwork_SharesTheHostsNamespace()
    {
        var config = Pods.Sandbox(engine, "sandbox-host");
        config.Linux.SecurityContext.NamespaceOptions.Network = NamespaceMode.Node;
        config.Hostname = "";
        await using var pod = await RunningPod.StartAsync(engine, config);
        var container = Pods.Container("main", "sleep", "600");
        container.Linux.SecurityContext.NamespaceOptions.Network = NamespaceMode.Node;
        var id = await pod.RunAsync(container);

        var inside = await OutputAsync(id, "readlink", "/proc/self/ns/net");

        Assert.Equal((await Command.RunAsync("readlink", ["/proc/self/ns/net"])).Output, inside);
    }

    [Fact]
    public async Task Run_PortMapping_HostPortLeadsToThePod()
    {
        var port = Ports.Free();
        var config = Pods.Sandbox(engine, "sandbox-port");
        config.PortMappings.Add(new PortMapping { Protocol = Protocol.Tcp, ContainerPort = 8080, HostPort = port });
        await using var pod = await RunningPod.StartAsync(engine, config);
        await pod.RunAsync(Pods.Container("web", "httpd", "-f", "-p", "8080", "-h", "/www"));
        var podIp = (await engine.Runtime.PodSandboxStatusAsync(pod.Id, None)).Network.Ip;
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var direct = "";
        await Wait.UntilAsync("httpd in the pod", TimeSpan.FromSeconds(20), async () => (direct = await http.GetStringAsync(new Uri($"http://{podIp}:8080/"))).Length > 0);

        var mapped = await http.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://{HostAddress.Primary()}:{port}/")));

        Assert.Equal("hello from NodeAgent\n", direct);
        Assert.Equal(direct, mapped);
    }

    [Fact]
    public async Task List_Filters_ChooseById_ByLabel_ByState()
    {
        await using var one = await RunningPod.StartAsync(engine, "list-one");
        await using var two = await RunningPod.StartAsync(engine, "list-two");
        await engine.Runtime.StopPodSandboxAsync(two.Id, None);

        var byId = await engine.Runtime.ListPodSandboxAsync(new PodSandboxFilter { Id = one.Id }, None);
        var byLabel = await engine.Runtime.ListPodSandboxAsync(new PodSandboxFilter { LabelSelector = { ["io.kubernetes.pod.name"] = "list-two" } }, None);
        var ready = await engine.Runtime.ListPodSandboxAsync(new PodSandboxFilter { State = new PodSandboxStateValue { State = PodSandboxState.SandboxReady } }, None);

        Assert.Equal(one.Config.Labels, Assert.Single(byId).Labels);
        Assert.Equal(two.Id, Assert.Single(byLabel).Id);
        Assert.Equal(PodSandboxState.SandboxNotready, byLabel[0].State);
        Assert.Contains(ready, s => s.Id == one.Id);
        Assert.DoesNotContain(ready, s => s.Id == two.Id);
    }

    [Fact]
    public async Task Stop_RunningContainer_IsKilledAndStopAgainIsFine()
    {
        await using var pod = await RunningPod.StartAsync(engine, "sandbox-stop");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));

        await engine.Runtime.StopPodSandboxAsync(pod.Id, None);
        await engine.Runtime.StopPodSandboxAsync(pod.Id, None);

        Assert.Equal(ContainerState.ContainerExited, (await pod.StatusAsync(id)).State);
        Assert.Equal(PodSandboxState.SandboxNotready, (await engine.Runtime.PodSandboxStatusAsync(pod.Id, None)).State);
    }

    [Fact]
    public async Task PortForward_PortInThePod_IsReachedAndAClosedOneIsNot()
    {
        await using var pod = await RunningPod.StartAsync(engine, "sandbox-forward");
        await pod.RunAsync(Pods.Container("web", "httpd", "-f", "-p", "127.0.0.1:8080", "-h", "/www"));
        using var ports = Assert.IsType<LocalPorts>(await engine.Runtime.PortForwardAsync(new PortForwardRequest { PodSandboxId = pod.Id, Port = { 8080 } }, None)).Ports;
        Stream? connection = null;
        await Wait.UntilAsync("httpd in the pod", TimeSpan.FromSeconds(10), async () =>
        {
            try
            {
                connection = await ports.ConnectAsync(8080, None);
                return true;
            }
            catch (RuntimeException)
            {
                return false;
            }
        });

        await using var stream = connection!;
        await stream.WriteAsync("GET /index.html HTTP/1.0\r\n\r\n"u8.ToArray());
        var answer = await new StreamReader(stream).ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10));
        var closed = await Assert.ThrowsAsync<RuntimeException>(() => ports.ConnectAsync(8081, None));

        Assert.EndsWith("hello from NodeAgent\n", answer, StringComparison.Ordinal);
        Assert.Contains("8081", closed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_Sandbox_TakesItsContainersAndIsIdempotent()
    {
        var pod = await RunningPod.StartAsync(engine, "sandbox-remove");
        var id = await pod.RunAsync(Pods.Container("main", "sleep", "600"));

        await pod.DisposeAsync();
        await pod.DisposeAsync();

        var error = await Assert.ThrowsAsync<RuntimeException>(() => engine.Runtime.PodSandboxStatusAsync(pod.Id, None));
        Assert.Equal(RuntimeErrorCode.NotFound, error.Code);
        Assert.Empty(await engine.Runtime.ListContainersAsync(new ContainerFilter { Id = id }, None));
    }

    private async Task<string> OutputAsync(string container, params string[] command)
    {
        var result = await engine.Runtime.ExecSyncAsync(container, command, TimeSpan.FromSeconds(20), None);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', command)} ended with {result.ExitCode}: {result.Stderr.ToStringUtf8()}");
        return result.Stdout.ToStringUtf8();
    }

    private static long Nanoseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() * 1_000_000;
}
