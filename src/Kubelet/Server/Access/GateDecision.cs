namespace NodeAgent.Kubelet.Server.Access;

/// <summary>What is answered to a request that is not let in; null status for one that is.</summary>
internal readonly record struct GateDecision(int? Status, string Message)
{
    public static GateDecision Allow { get; } = new(null, "");

    public static GateDecision Unauthorized { get; } = new(401, "Unauthorized");

    public static GateDecision Forbidden(string message) => new(403, message);

    public static GateDecision Failed(string message) => new(500, message);
}
