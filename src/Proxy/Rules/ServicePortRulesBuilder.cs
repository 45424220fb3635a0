using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>Builds the rules of one Service port in one family. Used once.</summary>
internal sealed class ServicePortRulesBuilder(ServicePortState state, RuleSettings settings)
{
    private static readonly ChainId NatServices = new(Table.Nat, ChainNames.Services);
    private static readonly ChainId NatNodePorts = new(Table.Nat, ChainNames.NodePorts);
    private static readonly ChainId FilterServices = new(Table.Filter, ChainNames.Services);
    private static readonly ChainId FilterExternal = new(Table.Filter, ChainNames.ExternalServices);
    private static readonly ChainId FilterFirewall = new(Table.Filter, ChainNames.ProxyFirewall);
    private static readonly ChainId FilterNodePorts = new(Table.Filter, ChainNames.NodePorts);

    private readonly ServicePort _port = state.Port;
    private readonly string _name = state.Port.Name.ToString();
    private readonly string _protocol = state.Port.Name.Protocol.Text();
    private readonly EndpointSelection _endpoints = EndpointSelection.Select(state, settings.Node);
    private readonly List<Chain> _chains = [];
    private readonly List<DispatchEntry> _dispatch = [];

    private bool HasInternal => _endpoints.HasAny && (!_port.InternalPolicyLocal || _endpoints.Local.Count > 0);

    private bool HasExternal => _endpoints.HasAny && (!_port.ExternalPolicyLocal || _endpoints.Local.Count > 0);

    private bool UsesFirewall => _endpoints.HasAny && _port.LoadBalancerIPs.Count > 0 && _port.LoadBalancerSourceRanges.Count > 0;

    private string ClusterChain => ChainNames.Cluster(_port.Name);

    private string LocalChain => ChainNames.Local(_port.Name);

    private string ExternalChain => ChainNames.External(_port.Name);

    private string InternalPolicyChain => _port.InternalPolicyLocal ? LocalChain : ClusterChain;

    public ServicePortRules Build()
    {
        DispatchClusterIP();
        DispatchExternalIPs();
        DispatchLoadBalancerIPs();
        DispatchNodePort();
        DispatchHealthCheck();
        if (_endpoints.HasAny)
        {
            AddExternalChain();
            AddFirewallChain();
            AddPolicyChains();
            AddEndpointChains();
        }

        return new ServicePortRules(
            _chains,
            _dispatch,
            NoLocalInternal: _endpoints.HasAny && !HasInternal,
            NoLocalExternal: _endpoints.HasAny && !HasExternal);
    }

    private void DispatchClusterIP()
    {
        if (HasInternal)
        {
            Dispatch(NatServices, _port.ClusterIP, $"{_name} cluster IP", InternalPolicyChain);
        }
        else
        {
            Refuse(FilterServices, _port.ClusterIP);
        }
    }

    private void DispatchExternalIPs()
    {
        foreach (var address in _port.ExternalIPs)
        {
            if (_endpoints.HasAny)
            {
                Dispatch(NatServices, address, $"{_name} external IP", ExternalChain);
            }

            if (!HasExternal)
            {
                Refuse(FilterExternal, address);
            }
        }
    }

    private void DispatchLoadBalancerIPs()
    {
        foreach (var address in _port.LoadBalancerIPs)
        {
            if (_endpoints.HasAny)
            {
                Dispatch(NatServices, address, $"{_name} loadbalancer IP", UsesFirewall ? ChainNames.Firewall(_port.Name) : ExternalChain);
            }

            if (UsesFirewall)
            {
                Dispatch(FilterFirewall, address, $"{_name} traffic not accepted by {ChainNames.Firewall(_port.Name)}", "DROP");
            }

            if (!HasExternal)
            {
                Refuse(FilterExternal, address);
            }
        }
    }

    private void DispatchNodePort()
    {
        if (_port.NodePort == 0)
        {
            return;
        }

        if (_endpoints.HasAny)
        {
            var rule = $"-p {_protocol} {RuleText.Comment(_name)} -m {_protocol} --dport {_port.NodePort} -j {ExternalChain}";
            _dispatch.Add(new DispatchEntry(NatNodePorts, null, _port.Name.Protocol, _port.NodePort, rule));
        }

        if (!HasExternal)
        {
            var rule = $"-p {_protocol} {RefusalComment} -m addrtype --dst-type LOCAL -m {_protocol} --dport {_port.NodePort} {RefusalTarget}";
            _dispatch.Add(new DispatchEntry(FilterExternal, null, _port.Name.Protocol, _port.NodePort, rule));
        }
    }

    private void DispatchHealthCheck()
    {
        if (_port.HealthCheckNodePort == 0)
        {
            return;
        }

        var rule = $"-p tcp {RuleText.Comment($"{_name} health check node port")} -m tcp --dport {_port.HealthCheckNodePort} -j ACCEPT";
        _dispatch.Add(new DispatchEntry(FilterNodePorts, null, Protocol.Tcp, _port.HealthCheckNodePort, rule));
    }

    private void Dispatch(ChainId root, IPAddress address, string comment, string target)
    {
        var rule = $"-d {RuleText.Host(address)} -p {_protocol} {RuleText.Comment(comment)} -m {_protocol} --dport {_port.Port} -j {target}";
        _dispatch.Add(new DispatchEntry(root, address, _port.Name.Protocol, _port.Port, rule));
    }

    /// <summary>Without any endpoint the client is told at once; with endpoints elsewhere only, the packet is dropped, so that a load balancer tries another node.</summary>
    private void Refuse(ChainId root, IPAddress address)
    {
        var rule = $"-d {RuleText.Host(address)} -p {_protocol} {RefusalComment} -m {_protocol} --dport {_port.Port} {RefusalTarget}";
        _dispatch.Add(new DispatchEntry(root, address, _port.Name.Protocol, _port.Port, rule));
    }

    private string RefusalComment => RuleText.Comment(_endpoints.HasAny ? $"{_name} has no local endpoints" : $"{_name} has no endpoints");

    private string RefusalTarget => _endpoints.HasAny
        ? "-j DROP"
        : settings.Family == IPFamily.IPv4 ? "-j REJECT --reject-with icmp-port-unreachable" : "-j REJECT --reject-with icmp6-port-unreachable";

    private void AddExternalChain()
    {
        if (!_port.ExternallyAccessible)
        {
            return;
        }

        var rules = new List<string>();
        if (!_port.ExternalPolicyLocal)
        {
            // The endpoint may be on another node, and the answer has to come back through this one.
            rules.Add($"{RuleText.Comment($"masquerade traffic for {_name} external destinations")} -j {ChainNames.MarkMasquerade}");
        }
        else
        {
            if (settings.LocalTraffic.Known)
            {
                rules.Add($"{settings.LocalTraffic.FromSource}{settings.LocalTraffic.FromInterface}{RuleText.Comment($"pod traffic for {_name} external destinations")} -j {ClusterChain}");
            }

            rules.Add($"{RuleText.Comment($"masquerade LOCAL traffic for {_name} external destinations")} -m addrtype --src-type LOCAL -j {ChainNames.MarkMasquerade}");
            rules.Add($"{RuleText.Comment($"route LOCAL traffic for {_name} external destinations")} -m addrtype --src-type LOCAL -j {ClusterChain}");
        }

        if (HasExternal)
        {
            rules.Add($"-j {(_port.ExternalPolicyLocal ? LocalChain : ClusterChain)}");
        }

        Add(ExternalChain, rules);
    }

    private void AddFirewallChain()
    {
        if (!UsesFirewall)
        {
            return;
        }

        var rules = new List<string>();
        var comment = RuleText.Comment($"{_name} loadbalancer IP");
        foreach (var range in _port.LoadBalancerSourceRanges)
        {
            rules.Add($"-s {range} {comment} -j {ExternalChain}");
        }

        // A load balancer address is often also an address of the node: then a request of the node itself comes back with
        // that address as its source.
        if (settings.NodeIP is { } nodeIP && _port.LoadBalancerSourceRanges.Any(r => r.Contains(nodeIP)))
        {
            foreach (var address in _port.LoadBalancerIPs)
            {
                rules.Add($"-s {RuleText.Host(address)} {comment} -j {ExternalChain}");
            }
        }

        rules.Add(RuleText.Comment($"other traffic to {_name} will be dropped by {ChainNames.ProxyFirewall}"));
        Add(ChainNames.Firewall(_port.Name), rules);
    }

    private void AddPolicyChains()
    {
        if (_port.UsesClusterEndpoints && _endpoints.Cluster.Count > 0)
        {
            AddPolicyChain(ClusterChain, _endpoints.Cluster);
        }

        if (_port.UsesLocalEndpoints && _endpoints.Local.Count > 0)
        {
            AddPolicyChain(LocalChain, _endpoints.Local);
        }
    }

    private void AddPolicyChain(string name, IReadOnlyList<Endpoint> endpoints)
    {
        var chains = EndpointChoice.Build(name, _port, endpoints, settings.EndpointComments);
        if (HasInternal && name == InternalPolicyChain && MasqueradeClusterIP() is { } masquerade)
        {
            chains[0] = chains[0] with { Rules = [masquerade, .. chains[0].Rules] };
        }

        _chains.AddRange(chains);
    }

    /// <summary>Traffic from outside the cluster to the cluster address may leave again for another node.</summary>
    private string? MasqueradeClusterIP()
    {
        var traffic = settings.LocalTraffic;
        if (!settings.MasqueradeAll && !traffic.Known)
        {
            return null;
        }

        var (source, from) = settings.MasqueradeAll ? ("", "") : (traffic.NotFromSource, traffic.NotFromInterface);
        return $"{source}-d {RuleText.Host(_port.ClusterIP)} {from}-p {_protocol} {RuleText.Comment($"{_name} cluster IP")} -m {_protocol} --dport {_port.Port} -j {ChainNames.MarkMasquerade}";
    }

    private void AddEndpointChains()
    {
        var comment = settings.EndpointComments ? RuleText.Comment(_name) + " " : "";
        foreach (var endpoint in _endpoints.Reachable)
        {
            var chain = ChainNames.Endpoint(_port.Name, endpoint);
            var remember = _port.AffinitySeconds is null
                ? ""
                : $"-m recent --set --name {chain} --mask {EndpointChoice.FullMask(_port)} --rsource ";
            Add(chain, [
                $"-s {RuleText.Host(endpoint.Address)} {comment}-j {ChainNames.MarkMasquerade}",
                $"-p {_protocol} {comment}{remember}-m {_protocol} -j DNAT --to-destination {endpoint}",
            ]);
        }
    }

    private void Add(string chain, IReadOnlyList<string> rules) => _chains.Add(new Chain(new ChainId(Table.Nat, chain), rules));
}
