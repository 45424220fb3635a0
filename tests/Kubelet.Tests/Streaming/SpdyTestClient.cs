using System.Buffers.Binary;
using System.Text;
using ICSharpCode.SharpZipLib.Zip.Compression;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>A SPDY client for tests, with real header compression.</summary>
internal sealed class SpdyTestClient(Stream transport)
{
    private readonly Deflater _deflater = NewDeflater();
    private readonly HeaderReader _headers = new();

    public async Task OpenAsync(int id, params (string Name, string Value)[] headers)
    {
        using var plain = new MemoryStream();
        Write(plain, headers.Length);
        foreach (var (name, value) in headers)
        {
            Write(plain, name);
            Write(plain, value);
        }

        var compressed = Compress(plain.ToArray());
        var body = new byte[10 + compressed.Length];
        BinaryPrimitives.WriteInt32BigEndian(body, id);
        compressed.CopyTo(body, 10);
        await SendAsync(FrameType.SynStream, 0, body);
    }

    public async Task SendDataAsync(int id, string data, bool fin = false)
    {
        var bytes = Encoding.UTF8.GetBytes(data);
        var frame = new byte[FrameHeader.Size + bytes.Length];
        new FrameHeader(null, id, fin ? FrameHeader.Fin : (byte)0, bytes.Length).Write(frame);
        bytes.CopyTo(frame, FrameHeader.Size);
        await transport.WriteAsync(frame);
    }

    public async Task SendAsync(FrameType type, byte flags, byte[] body)
    {
        var frame = new byte[FrameHeader.Size + body.Length];
        new FrameHeader(type, 0, flags, body.Length).Write(frame);
        body.CopyTo(frame, FrameHeader.Size);
        await transport.WriteAsync(frame);
    }

    /// <summary>A control frame's body, or a data frame's content.</summary>
    public async Task<(FrameHeader Header, byte[] Body)> ReadAsync()
    {
        var header = new byte[FrameHeader.Size];
        await transport.ReadExactlyAsync(header);
        var parsed = FrameHeader.Read(header);
        var body = new byte[parsed.Length];
        await transport.ReadExactlyAsync(body);
        if (parsed.Type == FrameType.SynReply)
        {
            Assert.Empty(_headers.Read(body[4..]));
        }

        return (parsed, body);
    }

    /// <summary>Reads frames and gathers the data of each stream until the server says goodbye.</summary>
    public async Task<Dictionary<int, string>> ReadToGoAwayAsync()
    {
        var data = new Dictionary<int, string>();
        while (true)
        {
            var (header, body) = await ReadAsync();
            if (header.Type == FrameType.GoAway)
            {
                return data;
            }

            if (header.Type is null)
            {
                data[header.StreamId] = data.GetValueOrDefault(header.StreamId, "") + Encoding.UTF8.GetString(body) + ((header.Flags & FrameHeader.Fin) != 0 ? "<fin>" : "");
            }
        }
    }

    public byte[] Compress(byte[] plain)
    {
        _deflater.SetInput(plain);
        _deflater.Flush();
        using var compressed = new MemoryStream();
        var buffer = new byte[1024];
        int length;
        while ((length = _deflater.Deflate(buffer)) > 0)
        {
            compressed.Write(buffer, 0, length);
        }

        return compressed.ToArray();
    }

    private static Deflater NewDeflater()
    {
        var deflater = new Deflater(Deflater.BEST_COMPRESSION);
        deflater.SetDictionary(HeaderDictionary.Bytes);
        return deflater;
    }

    private static void Write(MemoryStream stream, int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        stream.Write(bytes);
    }

    private static void Write(MemoryStream stream, string text)
    {
        Write(stream, text.Length);
        stream.Write(Encoding.UTF8.GetBytes(text));
    }
}
