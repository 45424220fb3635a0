using System.Buffers.Binary;
using System.Text;
using NodeAgent.Proxy.Netlink;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Watch;

/// <summary>
/// Reads the kernel's notifications of nftables: what a transaction removed comes first, then one message that says who
/// made the transaction.
/// </summary>
/// <param name="isOwn">Whether the proxy itself started the process with this id and name.</param>
internal sealed class NftTransactions(IPFamily family, Func<int, string, bool> isOwn)
{
    private const int Subsystem = 10;
    private const int TableDeleted = 2;
    private const int ChainDeleted = 5;
    private const int RuleDeleted = 8;
    private const int NewGeneration = 15;
    private const int TableDestroyed = 26;
    private const int ChainDestroyed = 27;
    private const int RuleDestroyed = 28;
    private const ushort TableName = 1;
    private const ushort GenerationProcess = 2;
    private const ushort GenerationProcessName = 3;

    private readonly byte _family = family.Number();
    private bool _removed;

    /// <returns>Whether a transaction of somebody else removed something that the proxy's rules need.</returns>
    public bool Read(ReadOnlySpan<byte> received)
    {
        var disturbed = false;
        while (NetlinkMessage.TryRead(ref received, out var message))
        {
            if (message.Subsystem != Subsystem || message.Payload.Length < 4)
            {
                continue;
            }

            if (message.Kind == NewGeneration)
            {
                disturbed |= _removed && !MadeByUs(message.Attributes);
                _removed = false;
            }
            else if (!_removed && message.Payload[0] == _family)
            {
                _removed = Concerns(message);
            }
        }

        return disturbed;
    }

    /// <summary>Messages were lost: what came so far of a transaction says nothing any more.</summary>
    public void Forget() => _removed = false;

    /// <summary>A chain of the proxy's or a rule in one, a rule of anybody's that jumps to one, or a table that has them.</summary>
    private static bool Concerns(NetlinkMessage message) => message.Kind switch
    {
        TableDeleted or TableDestroyed => NameOfTable(message.Attributes) is "filter" or "nat" or "mangle",
        ChainDeleted or ChainDestroyed or RuleDeleted or RuleDestroyed => message.Attributes.IndexOf("KUBE-"u8) >= 0,
        _ => false,
    };

    private static string NameOfTable(ReadOnlySpan<byte> attributes)
    {
        while (NetlinkAttribute.TryRead(ref attributes, out var attribute))
        {
            if (attribute.Type == TableName)
            {
                return Text(attribute.Value);
            }
        }

        return "";
    }

    private bool MadeByUs(ReadOnlySpan<byte> attributes)
    {
        var (process, name) = (0, "");
        while (NetlinkAttribute.TryRead(ref attributes, out var attribute))
        {
            switch (attribute.Type)
            {
                case GenerationProcess:
                    process = BinaryPrimitives.ReadInt32BigEndian(attribute.Value);
                    break;
                case GenerationProcessName:
                    name = Text(attribute.Value);
                    break;
            }
        }

        return isOwn(process, name);
    }

    private static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));
}
