using System.Globalization;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Discovery.V1;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Bench.Proxy;

/// <summary>The Services of the bench at the API server.</summary>
internal sealed class ProxyFleet(KubeClient client)
{
    public const string ProbeName = "probe";

    /// <summary>Made after all others of its scenario, and so last where they are in the order of their making.</summary>
    public const string LastName = "zz-last";

    /// <summary>Between which the probe's endpoint changes.</summary>
    public static readonly string[] ProbeEndpoints = ["10.244.250.1", "10.244.250.2"];

    private const string WideName = "wide";
    private const int EndpointsPerSlice = 1000;
    private int _services;

    public static EndpointSlice ProbeSlice(int endpoint) => Slice(ProbeName, ProbeName, [ProbeEndpoints[endpoint]]);

    /// <summary>The slice of one of the Services; another generation has another second endpoint.</summary>
    public static EndpointSlice Slice(int service, int generation) =>
        Slice(Name(service), Name(service), [$"10.244.{service / 125 % 125}.{(service % 125 * 2) + 1}", $"10.244.{125 + (generation % 100)}.{(service % 250) + 1}"]);

    public async Task StartAsync(string nodeAddress)
    {
        var node = new Node { Metadata = new ObjectMeta { Name = "node-1" }, Status = new NodeStatus() };
        node.Status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = nodeAddress });
        await client.CreateAsync(Resources.Nodes, node, default);
        await CreateAsync(ProbeName, ProbeSlice(0));
        await CreateAsync(LastName, Slice(LastName, LastName, [ProbeEndpoints[0]]));
    }

    /// <summary>Adds Services until there are as many.</summary>
    public async Task GrowAsync(int services)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 12 };
        await Parallel.ForEachAsync(Enumerable.Range(_services, Math.Max(0, services - _services)), parallel, async (i, _) => await CreateAsync(Name(i), Slice(i, 0)));
        _services = Math.Max(_services, services);
    }

    public async Task AddWideAsync(int endpoints)
    {
        await client.CreateAsync(Resources.Services, Service(WideName), default);
        foreach (var part in Enumerable.Range(0, endpoints).Chunk(EndpointsPerSlice))
        {
            var addresses = part.Select(i => $"10.244.{100 + (i / 250)}.{(i % 250) + 1}").ToArray();
            await client.CreateAsync(Resources.EndpointSlices, Slice(WideName, $"{WideName}-{part[0]}", addresses), default);
        }
    }

    public async Task RemoveWideAsync(int endpoints)
    {
        await client.DeleteAsync(Resources.Services, "default", WideName, new DeleteRequest(), default);
        for (var first = 0; first < endpoints; first += EndpointsPerSlice)
        {
            await client.DeleteAsync(Resources.EndpointSlices, "default", $"{WideName}-{first}", new DeleteRequest(), default);
        }
    }

    private async Task CreateAsync(string name, EndpointSlice slice)
    {
        await client.CreateAsync(Resources.Services, Service(name), default);
        await client.CreateAsync(Resources.EndpointSlices, slice, default);
    }

    private static string Name(int service) => "s-" + service.ToString(CultureInfo.InvariantCulture);

    private static Service Service(string name)
    {
        var service = new Service { Metadata = new ObjectMeta { Name = name, Namespace = "default" }, Spec = new ServiceSpec() };
        service.Spec.Ports.Add(new ServicePort { Name = "http", Port = 80, Protocol = "TCP" });
        return service;
    }

    private static EndpointSlice Slice(string service, string name, string[] endpoints)
    {
        var slice = new EndpointSlice { Metadata = new ObjectMeta { Name = name, Namespace = "default" }, AddressType = "IPv4" };
        slice.Metadata.Labels["kubernetes.io/service-name"] = service;
        slice.Ports.Add(new EndpointPort { Name = "http", Port = 8080, Protocol = "TCP" });
        foreach (var address in endpoints)
        {
            slice.Endpoints.Add(new Endpoint { Addresses = { address }, Conditions = new EndpointConditions { Ready = true } });
        }

        return slice;
    }
}
