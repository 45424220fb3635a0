using System.Buffers.Binary;
using System.Text;
using NodeAgent.Proxy.Services;
using NodeAgent.Proxy.Watch;

namespace NodeAgent.Proxy.Tests.Watch;

public class NftTransactionsTests
{
    private const int Own = 77;
    private const int Somebody = 99;
    private const byte IPv4 = 2;
    private const byte IPv6 = 10;
    private const int TableDeleted = 2;
    private const int ChainDeleted = 5;
    private const int NewRule = 6;
    private const int RuleDeleted = 8;

    [Theory]
    [InlineData(RuleDeleted, IPv4, "nat", "KUBE-SERVICES", true)]
    [InlineData(ChainDeleted, IPv4, "nat", "KUBE-SVC-ABC", true)]
    [InlineData(RuleDeleted, IPv4, "filter", "DOCKER", false)]
    [InlineData(NewRule, IPv4, "nat", "KUBE-SERVICES", false)]
    [InlineData(RuleDeleted, IPv6, "nat", "KUBE-SERVICES", false)]
    [InlineData(TableDeleted, IPv4, "nat", "", true)]
    [InlineData(TableDeleted, IPv4, "firewalld", "", false)]
    public void Read_SomebodyElsesTransaction_DisturbsWhenItTookOurRules(int kind, byte family, string table, string chain, bool expected)
    {
        var transactions = new NftTransactions(IPFamily.IPv4, (id, _) => id == Own);

        Assert.Equal(expected, transactions.Read([.. Message(kind, family, table, chain), .. Generation(Somebody, "iptables")]));
    }

    [Fact]
    public void Read_RuleOfOthersThatJumpsToUs_Disturbs()
    {
        var transactions = new NftTransactions(IPFamily.IPv4, (id, _) => id == Own);

        Assert.True(transactions.Read([.. Message(RuleDeleted, IPv4, "nat", "OUTPUT", "KUBE-SERVICES"), .. Generation(Somebody, "iptables")]));
    }

    [Fact]
    public void Read_OurOwnTransaction_DoesNotDisturb()
    {
        var transactions = new NftTransactions(IPFamily.IPv4, (id, _) => id == Own);

        Assert.False(transactions.Read([.. Message(RuleDeleted, IPv4, "nat", "KUBE-SERVICES"), .. Generation(Own, "iptables-nft-re")]));
    }

    [Fact]
    public void Read_TransactionInSeveralParts_IsJudgedAtItsEnd()
    {
        var transactions = new NftTransactions(IPFamily.IPv4, (id, _) => id == Own);

        Assert.False(transactions.Read(Message(RuleDeleted, IPv4, "nat", "KUBE-SERVICES")));
        Assert.False(transactions.Read(Message(NewRule, IPv4, "nat", "KUBE-SERVICES")));
        Assert.True(transactions.Read(Generation(Somebody, "nft")));
    }

    [Fact]
    public void IsOwn_InAnotherPidNamespace_GoesByNameWhileWriting()
    {
        var own = new OwnProcesses();
        own.Add(Own);

        Assert.True(own.IsOwn(12345, "iptables-nft-re"));
        Assert.False(own.IsOwn(12345, "iptables"));
    }

    [Fact]
    public void IsOwn_IdsMatched_DoesNotGoByName()
    {
        var own = new OwnProcesses();
        own.Add(Own);

        Assert.True(own.IsOwn(Own, "iptables-nft-re"));
        Assert.False(own.IsOwn(Somebody, "iptables-nft-re"));
    }

    private static byte[] Message(int kind, byte family, string table, string chain, string expression = "") =>
        Frame(kind, family, [.. Attribute(1, table), .. chain.Length > 0 ? Attribute(2, chain) : [], .. expression.Length > 0 ? Attribute(4, expression) : []]);

    private static byte[] Generation(int process, string name)
    {
        var id = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(id, process);
        return Frame(15, 0, [.. Attribute(2, id), .. Attribute(3, name)]);
    }

    private static byte[] Frame(int kind, byte family, byte[] attributes)
    {
        var message = new byte[20 + attributes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), (ushort)((10 << 8) | kind));
        message[16] = family;
        attributes.CopyTo(message, 20);
        return message;
    }

    private static byte[] Attribute(ushort type, string text) => Attribute(type, [.. Encoding.ASCII.GetBytes(text), 0]);

    private static byte[] Attribute(ushort type, byte[] value)
    {
        var attribute = new byte[(4 + value.Length + 3) & ~3];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), type);
        value.CopyTo(attribute, 4);
        return attribute;
    }
}
