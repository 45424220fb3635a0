using System.Buffers.Binary;
using System.Text;

namespace NodeAgent.Kubelet.Streaming.Spdy;

/// <summary>
/// Writes header blocks as zlib's stored blocks: the kubelet sends hardly any headers, and what is not compressed leaks
/// nothing by its length.
/// </summary>
internal sealed class HeaderWriter
{
    // Deflate with a 32 KiB window, a dictionary, and the check bits that make it a multiple of 31.
    private const ushort ZlibHeader = 0x78BB;
    private bool _begun;

    public byte[] Write(IReadOnlyDictionary<string, string> headers)
    {
        using var plain = new MemoryStream();
        WriteNumber(plain, headers.Count);
        foreach (var (name, value) in headers)
        {
            WriteText(plain, name);
            WriteText(plain, value);
        }

        return Store(plain.ToArray());
    }

    private byte[] Store(byte[] plain)
    {
        using var stored = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        if (!_begun)
        {
            _begun = true;
            BinaryPrimitives.WriteUInt16BigEndian(number, ZlibHeader);
            stored.Write(number[..2]);
            BinaryPrimitives.WriteUInt32BigEndian(number, HeaderDictionary.Adler32);
            stored.Write(number);
        }

        WriteBlock(stored, plain);

        // The empty block is zlib's sync flush: Go's reader hands out what it has when it meets one, and otherwise waits for the
        // next block, which ends the stream for it.
        WriteBlock(stored, []);
        return stored.ToArray();
    }

    private static void WriteBlock(MemoryStream stored, byte[] content)
    {
        Span<byte> lengths = stackalloc byte[4];
        var length = checked((ushort)content.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(lengths, length);
        BinaryPrimitives.WriteUInt16LittleEndian(lengths[2..], (ushort)~length);
        stored.WriteByte(0);
        stored.Write(lengths);
        stored.Write(content);
    }

    private static void WriteText(MemoryStream block, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        WriteNumber(block, bytes.Length);
        block.Write(bytes);
    }

    private static void WriteNumber(MemoryStream block, int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        block.Write(bytes);
    }
}
