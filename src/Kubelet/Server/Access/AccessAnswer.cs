namespace NodeAgent.Kubelet.Server.Access;

/// <param name="Reason">Why, as the API server puts it; may be empty.</param>
internal readonly record struct AccessAnswer(bool Allowed, string Reason);
