using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>Chooses between CNI and a Docker bridge network for new sandboxes, and sets them up.</summary>
internal sealed class PodNetworks(DockerOptions options, CniNetwork cni, DockerClient docker) : IDisposable
{
    private readonly SemaphoreSlim _creating = new(1, 1);
    private volatile string _podCidrs = "";
    private volatile bool _bridgeExists;

    /// <summary>Told by the node's controller, comma-separated; plugins and a bridge made later use it.</summary>
    public void SetPodCidrs(string cidrs) => _podCidrs = cidrs;

    public RuntimeCondition Condition()
    {
        _ = Current(out var problem);
        return new RuntimeCondition
        {
            Type = "NetworkReady",
            Status = problem is null,
            Reason = problem is null ? "" : "NetworkPluginNotReady",
            Message = problem ?? "",
        };
    }

    public async Task<NetworkChoice> ChooseAsync(bool hostNetwork, CancellationToken cancellationToken)
    {
        if (hostNetwork)
        {
            return new NetworkChoice(SandboxMapping.NetworkHost, SandboxMapping.HostMode, null);
        }

        var config = Current(out var problem);
        if (problem is not null)
        {
            throw new RuntimeException(RuntimeErrorCode.FailedPrecondition, $"the pod network is not ready: {problem}");
        }

        if (config is not null)
        {
            return new NetworkChoice(SandboxMapping.NetworkCni, "none", config);
        }

        await EnsureBridgeAsync(cancellationToken);
        return new NetworkChoice(SandboxMapping.NetworkBridge, options.BridgeNetwork, null);
    }

    public async Task SetUpAsync(NetworkChoice choice, string sandboxId, string namespacePath, PodSandboxConfig pod, CancellationToken cancellationToken)
    {
        if (choice.Cni is not { } config)
        {
            return;
        }

        try
        {
            await cni.AddAsync(config, sandboxId, namespacePath, pod, _podCidrs, cancellationToken);
        }
        catch (RuntimeException e)
        {
            throw new RuntimeException(e.Code, $"cannot set up the network of pod {pod.Metadata.Namespace}/{pod.Metadata.Name}: {e.Message}", e);
        }
    }

    /// <summary>Idempotent. Docker's own networks are taken down with the container.</summary>
    public Task TearDownAsync(string sandboxId, string namespacePath, CancellationToken cancellationToken) =>
        cni.DeleteAsync(sandboxId, namespacePath, cancellationToken);

    public Task CollectGarbageAsync(IReadOnlySet<string> existing, CancellationToken cancellationToken) =>
        cni.CollectGarbageAsync(existing, cancellationToken);

    public IReadOnlyList<string>? CniAddresses(string sandboxId) => cni.Addresses(sandboxId);

    /// <summary>The bridge was not there when a container was to join it: somebody has removed it.</summary>
    public void ForgetBridge() => _bridgeExists = false;

    public void Dispose() => _creating.Dispose();

    /// <returns>Null with no problem is the bridge.</returns>
    private CniConfig? Current(out string? problem)
    {
        problem = null;
        if (options.Network == DockerNetworkMode.Bridge)
        {
            return null;
        }

        var config = cni.Current(out problem);
        if (config is null && problem is null && options.Network == DockerNetworkMode.Cni)
        {
            problem = $"no CNI config in {options.CniConfigDirectory}";
        }

        return config;
    }

    private async Task EnsureBridgeAsync(CancellationToken cancellationToken)
    {
        if (_bridgeExists)
        {
            return;
        }

        // Docker's own check for a duplicate is not atomic.
        await _creating.WaitAsync(cancellationToken);
        try
        {
            var existing = await docker.Networks.ListNetworksAsync([("name", options.BridgeNetwork)], cancellationToken);
            if (!existing.Any(n => n.Name == options.BridgeNetwork))
            {
                var subnet = _podCidrs.Split(',').FirstOrDefault(c => c.Contains('.', StringComparison.Ordinal));
                await docker.Networks.CreateNetworkAsync(
                    new NetworksCreateParameters
                    {
                        Name = options.BridgeNetwork,
                        CheckDuplicate = true,
                        Driver = "bridge",
                        IPAM = subnet is null ? null : new IPAM { Config = [new IPAMConfig { Subnet = subnet }] },
                        Labels = new Dictionary<string, string> { [DockerLabels.Network] = SandboxMapping.NetworkBridge },
                    },
                    cancellationToken);
            }

            _bridgeExists = true;
        }
        finally
        {
            _creating.Release();
        }
    }
}
