using System.Globalization;
using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Up;

/// <summary>Brings the cluster up, shows a Deployment and a Service at work in it, and says how to go on.</summary>
internal static class UpCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task RunAsync(UpOptions options)
    {
        await EndWhatDiffersAsync(options);
        Say($"starting {options.Runtime}");
        var engine = await EngineHosts.StartAsync(options.Runtime);
        if (options.Standalone)
        {
            await RunStandaloneAsync(engine);
            return;
        }

        Say("starting etcd, kube-apiserver and kube-controller-manager");
        var address = HostAddress.Primary().ToString();
        var plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(DevFolder.ControlPlane, address, DevFolder.ApiServerPort, DevFolder.EtcdPort));
        Cgroups.Ensure(DevFolder.CgroupRoot);
        Say("starting kubelet, kube-scheduler and kube-proxy");
        var daemons = new NodeDaemons(NodeOptions(address, engine), plane);
        await StopDaemonsAsync(daemons);
        var processes = new[] { await daemons.StartKubeletAsync(), await daemons.StartSchedulerAsync(), await daemons.StartProxyAsync() };
        await WaitForNodeAsync(plane, processes);

        Say("applying a Deployment of three replicas and a Service");
        await plane.ApplyAsync(DemoManifests.WebDeployment);
        await WaitForReplicasAsync(plane, processes);
        await ShowAsync(plane, address);
        Console.WriteLine();
        Console.WriteLine("Use it:    export KUBECONFIG=" + plane.AdminKubeconfig);
        Console.WriteLine($"           {plane.Binaries.Kubectl} get pods -o wide");
        Console.WriteLine("Logs:      " + DevFolder.Root);
        Console.WriteLine("End it:    ./dev down");
    }

    // A second up with the same options goes on with what runs; one with others starts anew.
    private static async Task EndWhatDiffersAsync(UpOptions options)
    {
        var record = Path.Combine(DevFolder.Root, "options");
        if (File.Exists(record) && await File.ReadAllTextAsync(record) != options.ToString())
        {
            Say("ending the cluster of an earlier ./dev up with other options");
            await DownCommand.RunAsync();
        }

        Directory.CreateDirectory(DevFolder.Root);
        await File.WriteAllTextAsync(record, options.ToString());
    }

    // They may be of an older build; the pods that they look after run on.
    private static async Task StopDaemonsAsync(NodeDaemons daemons)
    {
        foreach (var name in new[] { NodeDaemons.KubeletName, NodeDaemons.SchedulerName, NodeDaemons.ProxyName })
        {
            await daemons.StopAsync(name);
        }
    }

    private static NodeOptions NodeOptions(string address, IEngineHost engine) =>
        new(DevFolder.Node, DevFolder.NodeName, address, engine.Endpoint)
        {
            PodCidr = DevFolder.PodCidr,
            KubeletPort = 10250,
            KubeletHealthPort = 10248,
            CgroupRoot = DevFolder.CgroupRoot,
            KubeletFlags = engine.KubeletFlags,
        };

    private static async Task RunStandaloneAsync(IEngineHost engine)
    {
        Cgroups.Ensure(DevFolder.CgroupRoot);
        Say("starting the kubelet without an API server");
        var options = NodeOptions(HostAddress.Primary().ToString(), engine);
        var daemons = new NodeDaemons(options, plane: null);
        await StopDaemonsAsync(daemons);
        var kubelet = await daemons.StartKubeletAsync();
        var manifest = Path.Combine(options.ManifestFolder, "web.yaml");
        await File.WriteAllTextAsync(manifest, DemoManifests.WebPod);
        Say($"put a pod into {options.ManifestFolder}");

        string? address = null;
        await Wait.UntilAsync("the pod to answer", Patience, async () =>
        {
            EnsureRunning([kubelet]);
            address = await EngineHosts.FirstPodAddressAsync(engine.Runtime);
            return address is not null && await AnswerAsync($"http://{address}:8080/") is not null;
        }, () => kubelet.LogTail(), TimeSpan.FromMilliseconds(200));
        Console.WriteLine();
        Console.WriteLine($"http://{address}:8080/ answers: {await AnswerAsync($"http://{address}:8080/")}");
        Console.WriteLine();
        Console.WriteLine($"Use it:    edit, add or delete files in {options.ManifestFolder}");
        Console.WriteLine("Logs:      " + kubelet.LogFile);
        Console.WriteLine("End it:    ./dev down");
    }

    private static Task WaitForNodeAsync(LocalControlPlane plane, ManagedProcess[] processes) =>
        Wait.UntilAsync("the node to be Ready", Patience, async () =>
        {
            EnsureRunning(processes);
            var status = await plane.KubectlAsync(["get", "node", DevFolder.NodeName, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"]);
            return status.Output == "True";
        }, () => processes[0].LogTail(), TimeSpan.FromMilliseconds(300));

    private static Task WaitForReplicasAsync(LocalControlPlane plane, ManagedProcess[] processes) =>
        Wait.UntilAsync("three ready replicas", Patience, async () =>
        {
            EnsureRunning(processes);
            var ready = await plane.KubectlAsync(["get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}"]);
            return ready.Output == "3";
        }, () => string.Join('\n', processes.Select(p => p.LogTail(5))), TimeSpan.FromMilliseconds(300));

    private static async Task ShowAsync(LocalControlPlane plane, string address)
    {
        Console.WriteLine();
        Console.WriteLine((await plane.KubectlAsync(["get", "node", "-o", "wide"])).Output);
        Console.WriteLine((await plane.KubectlAsync(["get", "pods", "-o", "wide"])).Output);
        var clusterIp = (await plane.KubectlAsync(["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"])).Output;
        foreach (var (name, url) in new[] { ("ClusterIP", $"http://{clusterIp}/"), ("NodePort", string.Create(CultureInfo.InvariantCulture, $"http://{address}:{DemoManifests.NodePort}/")) })
        {
            string? answer = null;
            await Wait.UntilAsync($"an answer from {url}", TimeSpan.FromSeconds(30), async () => (answer = await AnswerAsync(url)) is not null);
            Console.WriteLine($"{name,-10} {url,-28} answers: {answer}");
        }
    }

    // A new connection each time, so that the Service chooses anew.
    private static async Task<string?> AnswerAsync(string url)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            return (await http.GetStringAsync(url)).Trim();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    private static void EnsureRunning(IEnumerable<ManagedProcess> processes)
    {
        if (processes.FirstOrDefault(p => !p.IsRunning) is { } ended)
        {
            throw new ArgumentException($"{ended.Name} has ended; its log {ended.LogFile} says:\n{ended.LogTail()}");
        }
    }

    private static void Say(string text) => Console.WriteLine("==> " + text);
}
