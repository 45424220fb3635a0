using System.Net.Sockets;
using NodeAgent.Testing.Iptables;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>One row of the packet table: who asks which address of which Service. What has to come of it follows from upstream's rules of policies and masquerading.</summary>
internal sealed record PacketRow(ServiceShape Shape, string Protocol, AddressFamily Family, string Client, PacketTarget Target, string Address, int Port)
{
    /// <summary>With two endpoints this many askings all reach the same one once in ten million rows.</summary>
    private const int Askings = 24;

    private bool IsIPv4 => Family == AddressFamily.InterNetwork;

    private bool IsExternal => Target != PacketTarget.ClusterIP;

    private bool PolicyLocal => IsExternal ? Shape.ExternalLocal : Shape.InternalLocal;

    /// <summary>What comes from inside to an external address takes the way that it would have taken by a load balancer: any endpoint.</summary>
    private bool IsPseudoLocal => IsExternal && Client is ProxyNetwork.Pod1 or ProxyNetwork.Node;

    /// <summary>The node's own route to external addresses of IPv4 goes through its other interface, whose address is in no range.</summary>
    private bool IsShutOut => Shape.IsGuarded && Target == PacketTarget.External && !(Client == ProxyNetwork.Outside || (Client == ProxyNetwork.Node && !IsIPv4));

    private List<string> Expected => [.. Shape.Endpoints.Except(Shape.Unused).Where(e => !PolicyLocal || IsPseudoLocal || e != ProxyNetwork.Far).Order()];

    /// <returns>What is wrong; null when nothing is.</returns>
    public async Task<string?> CheckAsync(ProxyNetwork network)
    {
        var expected = IsShutOut ? [] : Expected;
        var answers = new List<Answer>();
        for (var i = 0; i < (expected.Count > 1 ? Askings : expected.Count + 1); i++)
        {
            answers.Add(await network.AskAsync(Client, Protocol, Address, Port));
        }

        if (expected.Count == 0)
        {
            var refused = Shape.Endpoints.Length == 0;
            return answers.TrueForAll(a => a.Endpoint.Length == 0 && a.Refused == refused) ? null : Problem(refused ? "a refusal" : "silence", answers);
        }

        var reached = answers.Select(a => a.Endpoint).Distinct().Order().ToList();
        if (!reached.SequenceEqual(expected))
        {
            return Problem($"answers of {string.Join(" and ", expected)}", answers);
        }

        return answers.TrueForAll(a => a.Source == Source(a.Endpoint)) ? null : Problem($"the sources {string.Join(", ", expected.Select(e => $"{Source(e)} at {e}"))}", answers);
    }

    /// <summary>The same by the rules alone.</summary>
    /// <param name="source">The address that the client sends from.</param>
    /// <returns>Where the rules promise something else than <see cref="CheckAsync"/> asks of packets; null when they do not.</returns>
    public string? Trace(PacketTrace rules, string source)
    {
        var (hook, device) = Client switch
        {
            ProxyNetwork.Node => ("OUTPUT", ""),
            ProxyNetwork.Outside => ("PREROUTING", ProxyNetwork.Outside),
            _ => ("PREROUTING", "cni0"),
        };
        var traced = rules.Send(new Packet(source, Address, Port, Protocol.ToLowerInvariant(), hook, device));
        var expected = IsShutOut ? [] : Expected;
        var verdict = expected.Count > 0 ? "ACCEPT" : Shape.Endpoints.Length == 0 ? "REJECT" : "DROP";
        var masqueraded = expected.Where(e => Source(e) != ProxyNetwork.AddressOf(Client, Family));
        return traced.Endpoints.SetEquals(expected.Select(AddressAndPort)) && traced.Masqueraded.SetEquals(masqueraded.Select(AddressAndPort)) && traced.Verdict == verdict
            ? null
            : $"  {Shape.Name}, {Protocol} from {Client} ({source}) to {Target} {Address} port {Port}: the rules lead to {string.Join(" and ", traced.Endpoints.Order())}, masqueraded for {string.Join(" and ", traced.Masqueraded.Order())}, verdict {traced.Verdict}; expected {string.Join(" and ", expected)}, {verdict}";
    }

    private string AddressAndPort(string endpoint) => IsIPv4 ? $"{ProxyNetwork.AddressOf(endpoint, Family)}:{PodServer.Port}" : $"[{ProxyNetwork.AddressOf(endpoint, Family)}]:{PodServer.Port}";

    private string Source(string endpoint)
    {
        var masqueraded = endpoint == Client || Client == ProxyNetwork.Node || (Client == ProxyNetwork.Outside && !IsExternal) || (IsExternal && !Shape.ExternalLocal);
        return ProxyNetwork.AddressOf(!masqueraded ? Client : endpoint == ProxyNetwork.Far ? ProxyNetwork.FarGateway : ProxyNetwork.Bridge, Family);
    }

    private string Problem(string expected, IEnumerable<Answer> answers)
    {
        var got = answers.Select(a => a.Endpoint.Length > 0 ? $"{a.Endpoint} from {a.Source}" : a.Refused ? "a refusal" : "silence").GroupBy(a => a).Select(g => $"{g.Key} x {g.Count()}");
        return $"  {Shape.Name}, {Protocol} from {Client} to {Target} {Address} port {Port}: expected {expected}, got {string.Join(", ", got)}";
    }
}
