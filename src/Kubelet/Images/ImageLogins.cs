using Microsoft.Extensions.Logging;
using NodeAgent.Kubelet.Images.Credentials;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Images;

/// <summary>Every login that may pull an image: of the pod's secrets, then of the node's own config, then of the plugins.</summary>
internal sealed partial class ImageLogins(NodeDockerConfig node, IReadOnlyList<PluginLogins> plugins, ILogger<ImageLogins> logger)
{
    public async Task<IReadOnlyList<Cri.AuthConfig>> ForAsync(Pod pod, ImageReference image, IEnumerable<Secret> secrets, CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, Cri.AuthConfig>> fromPlugins = [];
        foreach (var plugin in plugins)
        {
            try
            {
                fromPlugins.AddRange(await plugin.ForAsync(pod, image, cancellationToken));
            }
            catch (CredentialProviderException e)
            {
                // Without its logins the pull may still succeed, and else the registry's refusal is told on the pod.
                LogPluginFailed(plugin.Name, image.Full, pod.Describe(), e.Message);
            }
        }

        return
        [
            .. RegistryCredentials.For(image, secrets),
            .. RegistryCredentials.Fitting(image, node.Logins),
            .. RegistryCredentials.Fitting(image, fromPlugins),
        ];
    }

    [LoggerMessage(1, LogLevel.Error, "Credential provider {Provider} gave no login for image {Image} of pod {Pod}: {Error}")]
    private partial void LogPluginFailed(string provider, string image, string pod, string error);
}
