namespace NodeAgent.Kubelet.Server.Access;

/// <summary>Who sends a request.</summary>
internal sealed record KubeUser(string Name, string Uid, IReadOnlyList<string> Groups)
{
    public static KubeUser Anonymous { get; } = new("system:anonymous", "", ["system:unauthenticated"]);

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();
}
