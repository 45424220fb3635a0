using System.Collections.Immutable;
using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Tests.Fakes;

/// <summary>Short forms of Services and endpoints for tests.</summary>
internal static class Model
{
    public const string Node = "node-1";

    public static ServicePort Port(string service, string clusterIP, int port = 80, string portName = "http", Protocol protocol = Protocol.Tcp)
    {
        var slash = service.IndexOf('/', StringComparison.Ordinal);
        var key = new ServiceKey(service[..slash], service[(slash + 1)..]);
        return new ServicePort(new ServicePortName(key, portName, protocol), IPAddress.Parse(clusterIP), port);
    }

    public static Endpoint Endpoint(string address, int port = 8080, bool local = false) =>
        new(IPAddress.Parse(address), port) { Local = local };

    public static Endpoint Terminating(string address, int port = 8080, bool local = false, bool serving = true) =>
        new(IPAddress.Parse(address), port) { Local = local, Ready = false, Serving = serving, Terminating = true };

    public static ServicePortState With(this ServicePort port, params Endpoint[] endpoints) => new(port, [.. endpoints]);

    public static ServiceModel Of(params IEnumerable<ServicePortState> ports) => new(
        ports.GroupBy(p => p.Port.Name.Service).ToImmutableDictionary(g => g.Key, g => g.ToValueList()));

    public static ValueList<IPAddress> IPs(params string[] addresses) => addresses.Select(IPAddress.Parse).ToValueList();

    public static ValueList<IPNetwork> Ranges(params string[] ranges) => ranges.Select(r => IPNetwork.Parse(r)).ToValueList();
}
