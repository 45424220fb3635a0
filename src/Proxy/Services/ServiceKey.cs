namespace NodeAgent.Proxy.Services;

/// <summary>Which Service object.</summary>
internal readonly record struct ServiceKey(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}/{Name}";
}
