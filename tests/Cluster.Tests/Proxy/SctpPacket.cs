using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>The first two packets of an SCTP association: INIT, and INIT ACK with a text in its cookie.</summary>
/// <param name="Tag">What the peer has to put into its packets.</param>
/// <param name="VerificationTag">The peer's tag; 0 in an INIT.</param>
internal sealed record SctpPacket(ushort From, ushort To, uint VerificationTag, uint Tag, string Text)
{
    private const byte Init = 1;
    private const byte InitAcknowledgement = 2;
    private const ushort Cookie = 7;
    private const int HeaderLength = 12;
    private const int ChunkLength = 20;
    private const int ParameterHeader = 4;

    public bool IsInit => VerificationTag == 0;

    public byte[] ToBytes()
    {
        var text = Encoding.ASCII.GetBytes(Text);
        var parameter = text.Length == 0 ? 0 : ParameterHeader + ((text.Length + 3) & ~3);
        var bytes = new byte[HeaderLength + ChunkLength + parameter];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, From);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), To);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4), VerificationTag);
        var chunk = bytes.AsSpan(HeaderLength);
        chunk[0] = IsInit ? Init : InitAcknowledgement;
        BinaryPrimitives.WriteUInt16BigEndian(chunk[2..], (ushort)(ChunkLength + parameter));
        BinaryPrimitives.WriteUInt32BigEndian(chunk[4..], Tag);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[8..], 65536);
        BinaryPrimitives.WriteUInt16BigEndian(chunk[12..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(chunk[14..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(chunk[16..], Tag);
        if (parameter > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(chunk[ChunkLength..], Cookie);
            BinaryPrimitives.WriteUInt16BigEndian(chunk[(ChunkLength + 2)..], (ushort)(ParameterHeader + text.Length));
            text.CopyTo(chunk[(ChunkLength + ParameterHeader)..]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Checksum(bytes));
        return bytes;
    }

    /// <returns>Null for anything but one of the two.</returns>
    public static SctpPacket? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderLength + ChunkLength || bytes[HeaderLength] is not (Init or InitAcknowledgement))
        {
            return null;
        }

        var chunk = bytes[HeaderLength..];
        var text = "";
        if (chunk.Length > ChunkLength + ParameterHeader && BinaryPrimitives.ReadUInt16BigEndian(chunk[ChunkLength..]) == Cookie)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(chunk[(ChunkLength + 2)..]) - ParameterHeader;
            text = Encoding.ASCII.GetString(chunk.Slice(ChunkLength + ParameterHeader, length));
        }

        return new SctpPacket(
            BinaryPrimitives.ReadUInt16BigEndian(bytes),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(chunk[4..]),
            text);
    }

    /// <summary>CRC32c over the packet, its own field taken for zero.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
