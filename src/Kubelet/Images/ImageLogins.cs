using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Images.Credentials;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Images;

/// <summary>Every login that may pull an image: of the pod's secrets, then of the node's own config, then of the plugins.</summary>
internal sealed partial class ImageLogins(IReferencedObjects objects, NodeDockerConfig node, IReadOnlyList<PluginLogins> plugins, IEventRecorder events, ILogger<ImageLogins> logger)
{
    public async Task<IReadOnlyList<ImageLogin>> ForAsync(Pod pod, ImageReference image, CancellationToken cancellationToken) =>
    [
        .. RegistryCredentials.For(image, await SecretsAsync(pod, cancellationToken)),
        .. RegistryCredentials.Fitting(image, node.Logins).Select(l => new ImageLogin(l)),
        .. await OfPluginsAsync(pod, image, cancellationToken),
    ];

    private async Task<IReadOnlyList<Secret>> SecretsAsync(Pod pod, CancellationToken cancellationToken)
    {
        List<Secret> secrets = [];
        List<string> missing = [];
        foreach (var name in pod.Spec.ImagePullSecrets.Select(s => s.Name).Where(n => n.Length > 0))
        {
            if (await objects.SecretAsync(pod.Metadata.Namespace, name, cancellationToken) is { } secret)
            {
                secrets.Add(secret);
            }
            else
            {
                missing.Add(name);
            }
        }

        if (missing.Count > 0)
        {
            events.Record(pod.Reference(), EventType.Warning, "FailedToRetrieveImagePullSecret", $"Unable to retrieve some image pull secrets ({string.Join(", ", missing)}); attempting to pull the image may not succeed.");
        }

        return secrets;
    }

    private async Task<IReadOnlyList<ImageLogin>> OfPluginsAsync(Pod pod, ImageReference image, CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, ImageLogin>> found = [];
        foreach (var plugin in plugins)
        {
            try
            {
                var (logins, account) = await plugin.ForAsync(pod, image, cancellationToken);
                found.AddRange(logins.Select(l => KeyValuePair.Create(l.Key, new ImageLogin(l.Value, Account: account))));
            }
            catch (CredentialProviderException e)
            {
                // Without its logins the pull may still succeed, and else the registry's refusal is told on the pod.
                LogPluginFailed(plugin.Name, image.Full, pod.Describe(), e.Message);
            }
        }

        return RegistryCredentials.Fitting(image, found);
    }

    [LoggerMessage(1, LogLevel.Error, "Credential provider {Provider} gave no login for image {Image} of pod {Pod}: {Error}")]
    private partial void LogPluginFailed(string provider, string image, string pod, string error);
}
