using System.Security.Cryptography;
using System.Text;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>The names of the chains: upstream's, because other tools look for them.</summary>
internal static class ChainNames
{
    public const string Services = "KUBE-SERVICES";
    public const string ExternalServices = "KUBE-EXTERNAL-SERVICES";
    public const string NodePorts = "KUBE-NODEPORTS";
    public const string Postrouting = "KUBE-POSTROUTING";
    public const string MarkMasquerade = "KUBE-MARK-MASQ";
    public const string Forward = "KUBE-FORWARD";
    public const string ProxyFirewall = "KUBE-PROXY-FIREWALL";
    public const string KubeletFirewall = "KUBE-FIREWALL";
    public const string Canary = "KUBE-PROXY-CANARY";

    private const string ServicePrefix = "KUBE-SVC-";
    private const string LocalServicePrefix = "KUBE-SVL-";
    private const string ExternalPrefix = "KUBE-EXT-";
    private const string FirewallPrefix = "KUBE-FW-";
    private const string EndpointPrefix = "KUBE-SEP-";
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int HashLength = 16;

    private static readonly string[] PerServicePrefixes = [ServicePrefix, LocalServicePrefix, ExternalPrefix, FirewallPrefix, EndpointPrefix];
    private static readonly string[] Fixed = [Services, ExternalServices, NodePorts, Postrouting, MarkMasquerade, Forward, ProxyFirewall, Canary];

    /// <summary>The endpoints that traffic under the Cluster policy is spread over.</summary>
    public static string Cluster(ServicePortName name) => ServicePrefix + Hash(name);

    /// <summary>The endpoints on this node.</summary>
    public static string Local(ServicePortName name) => LocalServicePrefix + Hash(name);

    /// <summary>What comes to the Service from outside: node port, external and load balancer addresses.</summary>
    public static string External(ServicePortName name) => ExternalPrefix + Hash(name);

    /// <summary>The load balancer's source ranges.</summary>
    public static string Firewall(ServicePortName name) => FirewallPrefix + Hash(name);

    public static string Endpoint(ServicePortName name, Endpoint endpoint) =>
        EndpointPrefix + Hash($"{name}{name.Protocol.Text()}{endpoint}");

    /// <summary>
    /// Chains that dispatch hang below a fixed chain. They start like the chains of Services, because upstream's kube-proxy
    /// then removes them with those when it is put back in charge of the node.
    /// </summary>
    public static string DispatchPrefix(string root, bool byPort) => (root, byPort) switch
    {
        (ExternalServices, false) => "KUBE-EXT-BY-IP-",
        (ExternalServices, true) => "KUBE-EXT-BY-PORT-",
        (ProxyFirewall, false) => "KUBE-FW-BY-IP-",
        (ProxyFirewall, true) => "KUBE-FW-BY-PORT-",
        (NodePorts, _) => "KUBE-SVC-BY-PORT-",
        (_, false) => "KUBE-SVC-BY-IP-",
        (_, true) => "KUBE-SVC-TO-PORT-",
    };

    /// <summary>Chains of a lower level never jump to chains of a higher one; within a level those with longer names come first.</summary>
    public static int Level(string name) => name switch
    {
        MarkMasquerade or Postrouting or Canary or Forward => 0,
        _ when name.StartsWith(EndpointPrefix, StringComparison.Ordinal) => 1,
        _ when name.Contains("-BY-", StringComparison.Ordinal) || name.Contains("-TO-", StringComparison.Ordinal) => 5,
        _ when name.StartsWith(ServicePrefix, StringComparison.Ordinal) || name.StartsWith(LocalServicePrefix, StringComparison.Ordinal) => 2,
        _ when name.StartsWith(ExternalPrefix, StringComparison.Ordinal) => 3,
        _ when name.StartsWith(FirewallPrefix, StringComparison.Ordinal) => 4,
        NodePorts => 6,
        _ => 7,
    };

    /// <summary>Whether a chain is the proxy's, so that it goes when nothing wants it.</summary>
    public static bool IsOwn(string name)
    {
        foreach (var prefix in PerServicePrefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return Fixed.Contains(name);
    }

    private static string Hash(ServicePortName name) => Hash($"{name}{name.Protocol.Text()}");

    /// <summary>The first 16 characters of the base32 of the SHA-256: 80 bits.</summary>
    private static string Hash(string text)
    {
        Span<byte> utf8 = stackalloc byte[512];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var length = Encoding.UTF8.GetBytes(text, utf8);
        SHA256.HashData(utf8[..length], digest);
        Span<char> encoded = stackalloc char[HashLength];
        for (var i = 0; i < HashLength; i++)
        {
            var bit = i * 5;
            var pair = (digest[bit / 8] << 8) | digest[(bit / 8) + 1];
            encoded[i] = Base32[(pair >> (11 - (bit % 8))) & 31];
        }

        return new string(encoded);
    }
}
