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

        var length = checked((ushort)plain.Length);
        stored.WriteByte(0);
        BinaryPrimitives.WriteUInt16LittleEndian(number, length);
        BinaryPrimitives.WriteUInt16LittleEndian(number[2..], (ushort)~length);
        stored.Write(number);
        stored.Write(plain);
        return stored.ToArray();
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
