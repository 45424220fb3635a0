using System.Net.Sockets;

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

    private List<string> Expected => [.. Shape.Endpoints.Where(e => !PolicyLocal || IsPseudoLocal || e != ProxyNetwork.Far).Order()];

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
