using System.Buffers.Binary;

namespace NodeAgent.Proxy.Netlink;

/// <summary>One attribute of a message, or of another attribute.</summary>
internal readonly ref struct NetlinkAttribute(ushort type, ReadOnlySpan<byte> value)
{
    private const int TypeMask = 0x3FFF;

    public ushort Type { get; } = type;

    public ReadOnlySpan<byte> Value { get; } = value;

    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out NetlinkAttribute attribute)
    {
        attribute = default;
        if (bytes.Length < 4)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if (length < 4 || length > bytes.Length)
        {
            return false;
        }

        attribute = new NetlinkAttribute((ushort)(BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]) & TypeMask), bytes[4..length]);
        bytes = bytes[Math.Min((length + 3) & ~3, bytes.Length)..];
        return true;
    }
}
