using NodeAgent.Proxy.Metrics;
using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Tests.Metrics;

public class RuleCountersTests
{
    [Fact]
    public void Add_RulesThatDispatch_CountsConnectionsOfTheirService()
    {
        var counters = new RuleCounters();
        counters.Add(Table.Nat, """[3:180] -A KUBE-SVC-BY-IP-1 -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAA""");
        counters.Add(Table.Nat, """[2:120] -A KUBE-NODEPORTS -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j KUBE-EXT-AAAA""");
        counters.Add(Table.Nat, """[5:300] -A KUBE-SERVICES -d 10.96.0.11/32 -p tcp -m comment --comment "default/api cluster IP" -m tcp --dport 80 -j KUBE-SVL-BBBB""");
        counters.Add(Table.Nat, """[9:540] -A KUBE-SERVICES -d 0.0.0.1/0.0.0.7 -j KUBE-SVC-BY-IP-1""");
        counters.Add(Table.Nat, """[9:540] -A KUBE-SVC-AAAA -m comment --comment "default/web:http -> 10.244.0.1:8080" -j KUBE-SEP-CCCC""");
        counters.Add(Table.Nat, """[7:1] -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS""");

        counters.Add(Table.Nat, "[6:360] -A KUBE-POSTROUTING " + BaseRules.LocalhostNodePortsCounter);

        Assert.Equal(6, counters.LocalhostNodePorts);
        Assert.Equal(new Dictionary<string, long> { ["default/web:http"] = 5, ["default/api"] = 5 }, counters.Connections);
    }

    [Fact]
    public void Add_RulesThatRefuse_CountsTheirPackets()
    {
        var counters = new RuleCounters();
        counters.Add(Table.Filter, """[3:180] -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "default/web:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable""");
        counters.Add(Table.Filter, """[4:240] -A KUBE-EXT-BY-PORT-T1 -p tcp -m comment --comment "default/web:http has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j DROP""");
        counters.Add(Table.Filter, "[6:360] -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP");
        counters.Add(Table.Filter, "[8:480] -A FORWARD -j DROP");
        counters.Add(Table.Filter, ":KUBE-FORWARD - [0:0]");

        Assert.Equal((3, 4, 6), (counters.Rejected, counters.Dropped, counters.Invalid));
    }

    [Fact]
    public void Read_ReadingStartsAgain_TotalsGoOn()
    {
        var counts = new MonotonicCounts();
        foreach (var reading in new[] { 5, 7, 2, 3 })
        {
            counts.Read("a", reading);
        }

        counts.Missing(_ => false);
        counts.Read("a", 3);

        Assert.Equal(7 + 3 + 3, Assert.Single(counts.Totals).Value);
    }
}
