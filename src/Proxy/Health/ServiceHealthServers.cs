using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Health;

/// <summary>
/// The servers at the healthCheckNodePorts of one family's Services: they tell load balancers whether this node has endpoints.
/// Updates come from one caller at a time.
/// </summary>
/// <param name="addresses">The addresses to listen on, asked when a server starts.</param>
internal sealed partial class ServiceHealthServers(string nodeName, Func<IReadOnlyCollection<IPAddress>> addresses, ProxyHealth proxy, IEventRecorder events, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<ServiceHealthServers>();
    private readonly Dictionary<ServiceKey, (int Port, List<DaemonServer> Servers)> _listeners = [];
    private readonly ConcurrentDictionary<ServiceKey, ServiceHealth> _states = new();
    private readonly HashSet<(ServiceKey, int)> _failed = [];

    /// <summary>Opens, closes and updates servers so that they are those that the model asks for. One whose port is taken is tried again with the next update.</summary>
    public async Task UpdateAsync(ServiceModel model, CancellationToken cancellationToken)
    {
        var wanted = ServiceHealth.Of(model).ToDictionary(h => h.Service);
        foreach (var (service, (port, servers)) in _listeners.ToList())
        {
            if (!wanted.TryGetValue(service, out var health) || health.Port != port)
            {
                await DisposeAsync(servers);
                _listeners.Remove(service);
                _states.TryRemove(service, out _);
            }
        }

        _failed.RemoveWhere(f => !wanted.TryGetValue(f.Item1, out var health) || health.Port != f.Item2);
        foreach (var health in wanted.Values)
        {
            _states[health.Service] = health;
            if (!_listeners.ContainsKey(health.Service))
            {
                await StartAsync(health, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, servers) in _listeners.Values)
        {
            await DisposeAsync(servers);
        }
    }

    private static async Task DisposeAsync(List<DaemonServer> servers)
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task StartAsync(ServiceHealth health, CancellationToken cancellationToken)
    {
        var servers = new List<DaemonServer>();
        try
        {
            foreach (var address in addresses())
            {
                servers.Add(new DaemonServer(new ServerOptions($"{health.Service} health check", new IPEndPoint(address, health.Port)), loggers).Map("/", context => AnswerAsync(context, health.Service)));
                await servers[^1].StartAsync(cancellationToken);
            }

            _listeners[health.Service] = (health.Port, servers);
            _failed.Remove((health.Service, health.Port));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await DisposeAsync(servers);
            if (!_failed.Add((health.Service, health.Port)))
            {
                return;
            }

            LogFailed(e, health.Service, health.Port);
            var service = new ObjectReference { ApiVersion = "v1", Kind = "Service", Namespace = health.Service.Namespace, Name = health.Service.Name };
            events.Record(service, EventType.Warning, "FailedToStartServiceHealthcheck", $"node {nodeName} failed to start healthcheck \"{health.Service}\" on port {health.Port}: {e.Message}", "Listen");
        }
    }

    private async Task AnswerAsync(HttpContext context, ServiceKey service)
    {
        if (!_states.TryGetValue(service, out var health))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        var proxyHealthy = proxy.Report().Healthy;
        context.Response.StatusCode = health.StatusCode(proxyHealthy);
        context.Response.ContentType = "application/json";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["X-Load-Balancing-Endpoint-Weight"] = health.WeightHeader;
        await context.Response.WriteAsync(health.Body(proxyHealthy), context.RequestAborted);
    }

    [LoggerMessage(30, LogLevel.Error, "Listening at health check port {Port} of Service {Service} failed; load balancers will take this node for unhealthy until the port is free")]
    private partial void LogFailed(Exception e, ServiceKey service, int port);
}
