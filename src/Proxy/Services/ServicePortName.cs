namespace NodeAgent.Proxy.Services;

/// <summary>Which port of which Service. Its text is what chain names are hashed from and what rule comments say.</summary>
internal readonly record struct ServicePortName(ServiceKey Service, string Port, Protocol Protocol)
{
    public override string ToString() => Port.Length == 0 ? Service.ToString() : $"{Service}:{Port}";
}
