using System.Buffers.Binary;

namespace NodeAgent.Proxy.Netlink;

/// <summary>One message of the kernel. For netfilter messages four bytes of family and version come before the attributes.</summary>
internal readonly ref struct NetlinkMessage(ushort type, uint sequence, ReadOnlySpan<byte> payload)
{
    public const ushort Error = 2;
    public const ushort Done = 3;

    public ushort Type { get; } = type;

    public uint Sequence { get; } = sequence;

    public ReadOnlySpan<byte> Payload { get; } = payload;

    public int Subsystem => Type >> 8;

    public int Kind => Type & 0xFF;

    /// <summary>For error messages: 0 for an acknowledgement, else the positive error number.</summary>
    public int ErrorNumber => -BinaryPrimitives.ReadInt32LittleEndian(Payload);

    public ReadOnlySpan<byte> Attributes => Payload[4..];

    /// <summary>Takes the next message off the front of what was received.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out NetlinkMessage message)
    {
        message = default;
        if (bytes.Length < 16)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length < 16 || length > bytes.Length)
        {
            return false;
        }

        message = new NetlinkMessage(BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), bytes[16..length]);
        bytes = bytes[Math.Min((length + 3) & ~3, bytes.Length)..];
        return true;
    }
}
