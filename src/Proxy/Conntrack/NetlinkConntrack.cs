using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using NodeAgent.Proxy.Netlink;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Conntrack;

/// <summary>The connection table of this network namespace, over netlink.</summary>
internal sealed class NetlinkConntrack : IConntrack
{
    private const int Subsystem = 1;
    private const int MessageNew = 0;
    private const int MessageGet = 1;
    private const int MessageDelete = 2;
    private const ushort AttributeOriginal = 1;
    private const ushort AttributeReply = 2;
    private const ushort AttributeId = 12;
    private const ushort AttributeZone = 18;
    private const ushort NestedFlag = 0x8000;
    private const int BufferSize = 64 * 1024;

    public IReadOnlyList<Flow> List(IPFamily family)
    {
        using var socket = NetlinkSocket.Open();
        var sequence = socket.Send(new NetlinkRequest(Subsystem, MessageGet, NetlinkRequest.Request | NetlinkRequest.Dump, family.Number()));
        var flows = new List<Flow>();
        var buffer = new byte[BufferSize];
        while (true)
        {
            ReadOnlySpan<byte> received = buffer.AsSpan(0, Math.Max(0, socket.Receive(buffer)));
            while (NetlinkMessage.TryRead(ref received, out var message))
            {
                if (message.Sequence != sequence)
                {
                    continue;
                }

                if (message.Type == NetlinkMessage.Done)
                {
                    return flows;
                }

                ThrowIfError(message, "list the connection table");
                if (message is { Subsystem: Subsystem, Kind: MessageNew } && ReadFlow(message.Attributes) is { } flow)
                {
                    flows.Add(flow);
                }
            }
        }
    }

    public int Delete(IPFamily family, IEnumerable<Flow> flows)
    {
        using var socket = NetlinkSocket.Open();
        var deleted = 0;
        var buffer = new byte[BufferSize];
        foreach (var flow in flows)
        {
            var request = new NetlinkRequest(Subsystem, MessageDelete, NetlinkRequest.Request | NetlinkRequest.Acknowledge, family.Number());
            foreach (var (type, value) in flow.Key)
            {
                request.Add(type, value);
            }

            var sequence = socket.Send(request);
            deleted += WaitForAcknowledgement(socket, sequence, buffer) ? 1 : 0;
        }

        return deleted;
    }

    /// <summary>The flow of one message; null for protocols that services do not have, and for what cannot be read.</summary>
    internal static Flow? ReadFlow(ReadOnlySpan<byte> attributes)
    {
        var key = new List<(ushort, byte[])>(3);
        Tuple original = default, reply = default;
        while (NetlinkAttribute.TryRead(ref attributes, out var attribute))
        {
            switch (attribute.Type)
            {
                case AttributeOriginal:
                    original = Tuple.Read(attribute.Value);
                    if (original.Protocol != Protocol.Udp.Number() && original.Protocol != Protocol.Sctp.Number())
                    {
                        return null;
                    }

                    key.Add((AttributeOriginal | NestedFlag, attribute.Value.ToArray()));
                    break;
                case AttributeReply:
                    reply = Tuple.Read(attribute.Value);
                    break;
                case AttributeId or AttributeZone:
                    key.Add((attribute.Type, attribute.Value.ToArray()));
                    break;
            }
        }

        return original.Destination is null || reply.Source is null
            ? null
            : new Flow(original.Protocol, original.Destination, original.DestinationPort, reply.Source, reply.SourcePort) { Key = key };
    }

    private static bool WaitForAcknowledgement(NetlinkSocket socket, uint sequence, byte[] buffer)
    {
        while (true)
        {
            ReadOnlySpan<byte> received = buffer.AsSpan(0, Math.Max(0, socket.Receive(buffer)));
            while (NetlinkMessage.TryRead(ref received, out var message))
            {
                if (message.Sequence != sequence || message.Type != NetlinkMessage.Error)
                {
                    continue;
                }

                if (message.ErrorNumber == Libc.ErrorNoEntry)
                {
                    return false;
                }

                ThrowIfError(message, "delete an entry of the connection table");
                return true;
            }
        }
    }

    private static void ThrowIfError(NetlinkMessage message, string doing)
    {
        if (message.Type == NetlinkMessage.Error && message.ErrorNumber != 0)
        {
            throw new Win32Exception(message.ErrorNumber, $"{doing}: {new Win32Exception(message.ErrorNumber).Message}");
        }
    }

    private readonly record struct Tuple(IPAddress? Source, IPAddress? Destination, byte Protocol, int SourcePort, int DestinationPort)
    {
        private const ushort Addresses = 1;
        private const ushort Transport = 2;

        public static Tuple Read(ReadOnlySpan<byte> bytes)
        {
            var tuple = default(Tuple);
            while (NetlinkAttribute.TryRead(ref bytes, out var attribute))
            {
                tuple = attribute.Type switch
                {
                    Addresses => tuple.WithAddresses(attribute.Value),
                    Transport => tuple.WithTransport(attribute.Value),
                    _ => tuple,
                };
            }

            return tuple;
        }

        private Tuple WithAddresses(ReadOnlySpan<byte> bytes)
        {
            var tuple = this;
            while (NetlinkAttribute.TryRead(ref bytes, out var attribute))
            {
                tuple = attribute.Type is 1 or 3
                    ? tuple with { Source = new IPAddress(attribute.Value) }
                    : tuple with { Destination = new IPAddress(attribute.Value) };
            }

            return tuple;
        }

        private Tuple WithTransport(ReadOnlySpan<byte> bytes)
        {
            var tuple = this;
            while (NetlinkAttribute.TryRead(ref bytes, out var attribute))
            {
                tuple = attribute.Type switch
                {
                    1 => tuple with { Protocol = attribute.Value[0] },
                    2 => tuple with { SourcePort = BinaryPrimitives.ReadUInt16BigEndian(attribute.Value) },
                    3 => tuple with { DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(attribute.Value) },
                    _ => tuple,
                };
            }

            return tuple;
        }
    }
}
