using System.Buffers.Binary;

namespace NodeAgent.Proxy.Netlink;

/// <summary>Builds one message to netfilter: header, family, attributes.</summary>
internal sealed class NetlinkRequest
{
    public const ushort Request = 1;
    public const ushort Acknowledge = 4;
    public const ushort Dump = 0x300;

    private const int HeaderLength = 20;
    private byte[] _bytes = new byte[256];
    private int _length = HeaderLength;

    public NetlinkRequest(int subsystem, int message, ushort flags, byte family)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(4), (ushort)((subsystem << 8) | message));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(6), flags);
        _bytes[16] = family;
    }

    /// <summary>For messages that begin and end a batch: the subsystem that the batch is for.</summary>
    public ushort Resource
    {
        init => BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(18), value);
    }

    public NetlinkRequest Add(ushort type, ReadOnlySpan<byte> value)
    {
        var padded = (value.Length + 3) & ~3;
        if (_length + 4 + padded > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + 4 + padded));
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length), (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_length + 2), type);
        value.CopyTo(_bytes.AsSpan(_length + 4));
        _bytes.AsSpan(_length + 4 + value.Length, padded - value.Length).Clear();
        _length += 4 + padded;
        return this;
    }

    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes, _length);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(8), sequence);
        return _bytes.AsSpan(0, _length);
    }
}
