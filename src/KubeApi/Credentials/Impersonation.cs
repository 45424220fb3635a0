namespace NodeAgent.KubeApi.Credentials;

/// <summary>Whom requests are made as.</summary>
public sealed record Impersonation(string User, string? Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra);
