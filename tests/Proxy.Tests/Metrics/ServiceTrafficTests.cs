using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Proxy.Iptables;
using NodeAgent.Proxy.Metrics;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Tests.Fakes;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Metrics;

public class ServiceTrafficTests
{
    private const int Bound = 2;
    private readonly FakeTimeProvider _time = new();
    private readonly MetricsRegistry _registry = new();
    private readonly Rules _rules = new();
    private readonly ServiceTraffic _traffic;

    public ServiceTrafficTests()
    {
        var model = Model.Of(Enumerable.Range(0, 4).Select(i => Model.Port($"ns/s{i}", $"10.96.0.{i}").With(Model.Endpoint("10.244.0.1"))));
        _traffic = new ServiceTraffic([_rules], _ => model, Bound, _time, NullLogger<ServiceTraffic>.Instance);
        _traffic.Register(_registry);
    }

    [Fact]
    public async Task RefreshAsync_MoreServicesThanTheBoundHaveConnections_CountsTheOthersTogether()
    {
        _rules.Connections = [5, 0, 7, 11];
        await _traffic.RefreshAsync(default);
        _time.Advance(TimeSpan.FromSeconds(11));
        _rules.Connections = [6, 13, 7, 12];

        await _traffic.RefreshAsync(default);

        Assert.Equal([("", 25), ("s0", 6), ("s2", 7)], Series());
    }

    [Fact]
    public async Task RefreshAsync_JustAfterAnother_ReadsNothing()
    {
        await _traffic.RefreshAsync(default);
        _time.Advance(TimeSpan.FromSeconds(9));

        await _traffic.RefreshAsync(default);

        // The filter table and the nat table.
        Assert.Equal(2, _rules.Reads);
    }

    private IEnumerable<(string Service, long Connections)> Series() => Encoding.UTF8.GetString(_registry.Expose().Span).Split('\n')
        .Where(l => l.StartsWith("kubeproxy_service_connections_total{", StringComparison.Ordinal))
        .Select(l => (l.Split("service=\"")[1].Split('"')[0], long.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)))
        .Order();

    private sealed class Rules : IRuleDump
    {
        public IPFamily Family => IPFamily.IPv4;

        public int[] Connections { get; set; } = [];

        public int Reads { get; private set; }

        public Task SaveAsync(Table table, bool counters, Action<string> line, CancellationToken cancellationToken)
        {
            Reads++;
            for (var i = 0; table == Table.Nat && i < Connections.Length; i++)
            {
                line(string.Create(CultureInfo.InvariantCulture, $"[{Connections[i]}:0] -A KUBE-SERVICES -d 10.96.0.{i}/32 -p tcp -m comment --comment \"ns/s{i}:http cluster IP\" -m tcp --dport 80 -j KUBE-SVC-{i}"));
            }

            return Task.CompletedTask;
        }
    }
}
