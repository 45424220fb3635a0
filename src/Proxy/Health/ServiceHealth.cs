using System.Globalization;
using System.Text.Json;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Health;

/// <summary>What a load balancer is told at a Service's healthCheckNodePort.</summary>
/// <param name="Weight">Ready endpoints of the Service on this node.</param>
internal sealed record ServiceHealth(ServiceKey Service, int Port, int Weight)
{
    public string WeightHeader => Weight.ToString(CultureInfo.InvariantCulture);

    public int StatusCode(bool proxyHealthy) => Weight > 0 && proxyHealthy ? 200 : 503;

    /// <summary>Upstream's JSON.</summary>
    public string Body(bool proxyHealthy) => $$"""
        {
        	"service": {
        		"namespace": {{JsonSerializer.Serialize(Service.Namespace)}},
        		"name": {{JsonSerializer.Serialize(Service.Name)}}
        	},
        	"localEndpoints": {{Weight}},
        	"serviceProxyHealthy": {{(proxyHealthy ? "true" : "false")}}
        }
        """;

    /// <summary>The health checks that a model asks for. Endpoints that are shutting down do not count, even while they serve.</summary>
    public static List<ServiceHealth> Of(ServiceModel model)
    {
        var result = new List<ServiceHealth>();
        foreach (var (key, ports) in model.Services)
        {
            if (HealthCheckNodePort(ports) is not 0 and var port)
            {
                var local = ports.SelectMany(p => p.Endpoints).Where(e => e.Local && e.Ready).Select(e => e.Address).Distinct().Count();
                result.Add(new ServiceHealth(key, port, local));
            }
        }

        return result;
    }

    /// <remarks>Asked of every Service after every sync: without an allocation.</remarks>
    private static int HealthCheckNodePort(ValueList<ServicePortState> ports)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            if (ports[i].Port.HealthCheckNodePort is not 0 and var port)
            {
                return port;
            }
        }

        return 0;
    }
}
