using System.Buffers.Binary;

namespace NodeAgent.Kubelet.Streaming.Spdy;

/// <summary>The first eight bytes of a frame.</summary>
/// <param name="Type">Null for a data frame.</param>
/// <param name="StreamId">Of a data frame; 0 otherwise.</param>
internal readonly record struct FrameHeader(FrameType? Type, int StreamId, byte Flags, int Length)
{
    public const int Size = 8;
    public const byte Fin = 1;
    private const ushort Version = 3;

    /// <exception cref="SpdyException">The frame is of another version.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        var first = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var second = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        var (flags, length) = ((byte)(second >> 24), (int)(second & 0xFFFFFF));
        if (first >> 31 == 0)
        {
            return new FrameHeader(null, (int)first, flags, length);
        }

        var version = (first >> 16) & 0x7FFF;
        return version == Version
            ? new FrameHeader((FrameType)(first & 0xFFFF), 0, flags, length)
            : throw new SpdyException($"a frame is of SPDY version {version}, not {Version}");
    }

    public void Write(Span<byte> bytes)
    {
        var first = Type is { } type ? 0x8000_0000u | ((uint)Version << 16) | (uint)type : (uint)StreamId;
        BinaryPrimitives.WriteUInt32BigEndian(bytes, first);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], ((uint)Flags << 24) | (uint)Length);
    }
}
