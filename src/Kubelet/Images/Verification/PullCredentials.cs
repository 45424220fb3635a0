using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>Who has shown that a registry gives them an image.</summary>
internal sealed record PullCredentials
{
    public static PullCredentials OfEveryPod { get; } = new() { NodePodsAccessible = true };

    public ImmutableArray<PullSecret> Secrets { get; init; } = [];

    public ImmutableArray<PullServiceAccount> ServiceAccounts { get; init; } = [];

    /// <summary>It was pulled without a login, or with one that every pod of the node may use.</summary>
    public bool NodePodsAccessible { get; init; }

    /// <summary>With what another pull has shown.</summary>
    /// <returns>This very object when that adds nothing.</returns>
    public PullCredentials With(PullCredentials more)
    {
        if (NodePodsAccessible || more.NodePodsAccessible)
        {
            return NodePodsAccessible ? this : OfEveryPod;
        }

        var secrets = Secrets.RemoveAll(s => more.Secrets.Any(m => m.IsSameSecretAs(s) && m != s));
        var newSecrets = more.Secrets.Except(secrets).ToList();
        var newAccounts = more.ServiceAccounts.Except(ServiceAccounts).ToList();
        return newSecrets.Count + newAccounts.Count == 0
            ? this
            : this with
            {
                Secrets = [.. secrets.Concat(newSecrets).OrderBy(s => s.Namespace, StringComparer.Ordinal).ThenBy(s => s.Name, StringComparer.Ordinal).ThenBy(s => s.Uid, StringComparer.Ordinal)],
                ServiceAccounts = [.. ServiceAccounts.Concat(newAccounts).OrderBy(s => s.Namespace, StringComparer.Ordinal).ThenBy(s => s.Name, StringComparer.Ordinal).ThenBy(s => s.Uid, StringComparer.Ordinal)],
            };
    }
}
