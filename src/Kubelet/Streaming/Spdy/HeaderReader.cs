using System.Buffers.Binary;
using System.Text;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace NodeAgent.Kubelet.Streaming.Spdy;

/// <summary>Decompresses the header blocks of one direction of a connection; each block builds on those before it.</summary>
internal sealed class HeaderReader
{
    /// <summary>Headers of these streams are a few hundred bytes; this bounds what a small block can be blown up to.</summary>
    private const int MaxBlock = 64 * 1024;

    private readonly Inflater _inflater = new();
    private readonly byte[] _block = new byte[MaxBlock];

    /// <exception cref="SpdyException">The block cannot be read.</exception>
    public IReadOnlyDictionary<string, string> Read(byte[] compressed)
    {
        int length;
        try
        {
            length = Inflate(compressed);
        }
        catch (Exception e) when (e is SharpZipBaseException or IndexOutOfRangeException or ArgumentException)
        {
            // Code lengths that make no tree take SharpZipLib past the end of its tables.
            throw new SpdyException($"a header block cannot be decompressed: {e.Message}", e);
        }

        return Parse(_block.AsSpan(0, length));
    }

    private int Inflate(byte[] compressed)
    {
        _inflater.SetInput(compressed);
        var length = 0;
        while (true)
        {
            var inflated = _inflater.Inflate(_block, length, _block.Length - length);
            length += inflated;
            if (inflated == 0 && _inflater.IsNeedingDictionary)
            {
                _inflater.SetDictionary(HeaderDictionary.Bytes);
            }
            else if (length == _block.Length)
            {
                throw new SpdyException($"a header block has more than {MaxBlock} bytes");
            }
            else if (inflated == 0)
            {
                return length;
            }
        }
    }

    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> block)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var count = TakeNumber(ref block); count > 0; count--)
        {
            var name = TakeText(ref block);
            headers[name] = TakeText(ref block);
        }

        return headers;
    }

    private static string TakeText(ref ReadOnlySpan<byte> block)
    {
        var length = TakeNumber(ref block);
        if (length > block.Length)
        {
            throw new SpdyException("a header is longer than its block");
        }

        var text = Encoding.UTF8.GetString(block[..length]);
        block = block[length..];
        return text;
    }

    private static int TakeNumber(ref ReadOnlySpan<byte> block)
    {
        if (block.Length < 4 || BinaryPrimitives.ReadInt32BigEndian(block) is not (>= 0 and var number))
        {
            throw new SpdyException("a header block is cut off");
        }

        block = block[4..];
        return number;
    }
}
