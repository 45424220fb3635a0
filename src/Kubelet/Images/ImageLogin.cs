using NodeAgent.Kubelet.Images.Verification;

namespace NodeAgent.Kubelet.Images;

/// <summary>A login, and whose it is: of a secret, of a service account, or, with neither, of every pod of the node.</summary>
internal sealed record ImageLogin(Cri.AuthConfig Auth, PullSecret? Secret = null, PullServiceAccount? Account = null)
{
    /// <summary>What a pull with this login proves.</summary>
    public PullCredentials Credentials => (Secret, Account) switch
    {
        ({ } secret, _) => new PullCredentials { Secrets = [secret] },
        (_, { } account) => new PullCredentials { ServiceAccounts = [account] },
        _ => PullCredentials.OfEveryPod,
    };
}
