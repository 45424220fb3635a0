using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Nodes;

/// <summary>One node of a <see cref="NodeFleet"/>.</summary>
public sealed class NodeContainer
{
    private static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(90);

    private readonly DockerHost _engine;
    private readonly NetworkNamespace _network;

    internal NodeContainer(DockerHost engine, NetworkNamespace network, string name, string address)
    {
        _engine = engine;
        _network = network;
        Name = name;
        Address = address;
    }

    public string Name { get; }

    public string Address { get; }

    /// <summary>Runs a shell script on the node.</summary>
    public Task<CommandResult> ShellAsync(string script, string? input = null, bool throwOnFailure = true, TimeSpan? timeout = null) =>
        Command.RunAsync("/usr/bin/docker", ["--host", _engine.Endpoint, "exec", "--interactive", Name, "bash", "-euc", script], input ?? "", throwOnFailure, timeout);

    /// <summary>What a script prints, trimmed.</summary>
    public async Task<string> OutputAsync(string script) => (await ShellAsync(script)).Output.Trim();

    public Task WriteAsync(string path, string text, string mode = "644") =>
        ShellAsync($"mkdir -p \"$(dirname '{path}')\"; cat >'{path}'; chmod {mode} '{path}'", text);

    /// <summary>Starts the engine for good and gives it the test images.</summary>
    public Task StartContainerdAsync() => ShellAsync("systemctl enable --quiet --now containerd; ctr -n k8s.io images import /images.tar >/dev/null");

    /// <inheritdoc cref="StartContainerdAsync"/>
    public Task StartDockerAsync() => ShellAsync($"systemctl enable --quiet --now docker.socket docker; docker load --quiet --input /images.tar; docker image inspect {TestImages.PauseName} >/dev/null");

    public Task WaitUntilBootedAsync()
    {
        var state = "";
        return Wait.UntilAsync(
            $"node {Name} to boot",
            BootPatience,
            async () => (state = (await ShellAsync("systemctl is-system-running", throwOnFailure: false)).Output.Trim()) is "running" or "degraded",
            () => $"systemd says: {state}",
            TimeSpan.FromMilliseconds(200));
    }

    /// <summary>Asks systemd for a reboot, as an administrator does, and waits until the node is up again.</summary>
    public async Task RebootAsync()
    {
        await ShellAsync("systemctl reboot", throwOnFailure: false);
        await Wait.UntilAsync($"node {Name} to go down", TimeSpan.FromSeconds(60), async () =>
            (await _engine.DockerAsync("inspect", "--format", "{{.State.Running}}", Name)).Output.Trim() == "false");
        await PowerOnAsync();
    }

    /// <summary>Everything on the node ends at once, without a word to anybody.</summary>
    public Task PowerOffAsync() => _engine.DockerAsync("kill", Name);

    public async Task PowerOnAsync()
    {
        await _engine.DockerAsync("start", Name);
        await WaitUntilBootedAsync();
    }

    /// <summary>Nothing passes any more between the node and where the control plane is; the other nodes stay in reach.</summary>
    public Task CutFromControlPlaneAsync() => EachRuleAsync("-I");

    public Task HealAsync() => EachRuleAsync("-D");

    private async Task EachRuleAsync(string action)
    {
        await _network.RunAsync("iptables", ["-w", "5", action, "INPUT", "-s", Address, "-j", "DROP"]);
        await _network.RunAsync("iptables", ["-w", "5", action, "OUTPUT", "-d", Address, "-j", "DROP"]);
    }
}
