using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>Puts sandboxes on the host's CNI network and takes them off.</summary>
internal sealed partial class CniNetwork(string configDirectory, CniPlugins plugins, CniAttachmentStore attachments, ILogger<CniNetwork> logger)
{
    private const string Interface = "eth0";

    /// <summary>The config that a new sandbox gets.</summary>
    /// <param name="problem">Why there is none; null when the folder has no config at all.</param>
    public CniConfig? Current(out string? problem)
    {
        var problems = new List<string>();
        var config = CniConfig.Load(configDirectory, problems);
        if (config is not null && plugins.Missing(config).ToArray() is { Length: > 0 } missing)
        {
            problem = $"the CNI network {config.Name} in {configDirectory} needs plugins that are not installed: {string.Join(", ", missing)}";
            return null;
        }

        problem = config is null && problems.Count > 0 ? $"no valid CNI config: {string.Join("; ", problems)}" : null;
        return config;
    }

    /// <returns>The pod's addresses.</returns>
    public async Task<IReadOnlyList<string>> AddAsync(
        CniConfig config, string sandboxId, string namespacePath, PodSandboxConfig pod, string podCidrs, CancellationToken cancellationToken)
    {
        var metadata = pod.Metadata;
        var arguments = $"IgnoreUnknown=1;K8S_POD_NAMESPACE={metadata.Namespace};K8S_POD_NAME={metadata.Name};K8S_POD_INFRA_CONTAINER_ID={sandboxId};K8S_POD_UID={metadata.Uid}";
        var attachment = new CniAttachment(sandboxId, config.Name, Interface, config.Json, arguments, CniCapabilities.For(pod, podCidrs), null);

        // Recorded first: should this process die half way, what the plugins have done is undone later.
        attachments.Save(attachment);
        JsonNode? result = null;
        foreach (var plugin in config.Plugins)
        {
            var input = config.Input(plugin, attachment.CapabilityArguments, result);
            result = await plugins.RunAsync(CniCommand.Add, CniConfig.Text(plugin, "type"), input, attachment, namespacePath, cancellationToken);
        }

        attachments.Save(attachment with { Result = result ?? new JsonObject() });
        return CniConfig.Addresses(result);
    }

    /// <summary>Idempotent; a sandbox that is not on the network is off it already.</summary>
    /// <param name="sandboxId">The sandbox.</param>
    /// <param name="namespacePath">Empty when the namespace is gone.</param>
    public async Task DeleteAsync(string sandboxId, string namespacePath, CancellationToken cancellationToken)
    {
        if (attachments.Find(sandboxId) is not { } attachment)
        {
            return;
        }

        var config = CniConfig.Parse(attachment.Config);
        foreach (var plugin in config.Plugins.Reverse())
        {
            try
            {
                var input = config.Input(plugin, attachment.CapabilityArguments, attachment.Result);
                await plugins.RunAsync(CniCommand.Del, CniConfig.Text(plugin, "type"), input, attachment, namespacePath, cancellationToken);
            }
            catch (RuntimeException e) when (attachment.Result is null)
            {
                // A config that never worked would not let the pod go either, whatever is put in its place.
                LogIncompleteNotDeleted(sandboxId, attachment.Network, e);
            }
        }

        attachments.Delete(sandboxId);
    }

    /// <summary>Asks the plugins whether the sandbox's network is as they left it.</summary>
    /// <exception cref="RuntimeException">It is not.</exception>
    public async Task CheckAsync(string sandboxId, string namespacePath, CancellationToken cancellationToken)
    {
        var attachment = attachments.Find(sandboxId) is { Result: not null } found
            ? found
            : throw new RuntimeException(RuntimeErrorCode.NotFound, $"sandbox {sandboxId} is on no CNI network");
        var config = CniConfig.Parse(attachment.Config);
        foreach (var plugin in config.Plugins)
        {
            var input = config.Input(plugin, attachment.CapabilityArguments, attachment.Result);
            await plugins.RunAsync(CniCommand.Check, CniConfig.Text(plugin, "type"), input, attachment, namespacePath, cancellationToken);
        }
    }

    /// <returns>Null when the sandbox is not, or not yet wholly, on the network.</returns>
    public IReadOnlyList<string>? Addresses(string sandboxId) =>
        attachments.Find(sandboxId) is { Result: { } result } ? CniConfig.Addresses(result) : null;

    /// <summary>Takes sandboxes off the network that exist no more, for those that were removed without this process.</summary>
    public async Task CollectGarbageAsync(IReadOnlySet<string> existing, CancellationToken cancellationToken)
    {
        foreach (var id in attachments.ContainerIds.Where(id => !existing.Contains(id)))
        {
            await DeleteAsync(id, "", cancellationToken);
        }
    }

    [LoggerMessage(2310, LogLevel.Warning, "Pod sandbox {SandboxId} never got on CNI network {Network} wholly, and a plugin could not undo its part; it is let go")]
    private partial void LogIncompleteNotDeleted(string sandboxId, string network, Exception exception);
}
