namespace NodeAgent.KubeApi.Credentials;

/// <summary>What a request proves its sender with, as of now.</summary>
internal interface ICredentialSource
{
    /// <exception cref="ClientConfigException">There is none, and there is no older one to go on with.</exception>
    ValueTask<Credential> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server has refused it (401): get a new one next time. False when there is no other.</summary>
    bool Invalidate();
}
