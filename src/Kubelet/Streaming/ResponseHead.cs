using System.Globalization;
using System.Text;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Status and headers of an HTTP/1.1 answer, and what came after them in the same read.</summary>
internal sealed record ResponseHead(int StatusCode, IReadOnlyList<(string Name, string Value)> Headers, ReadOnlyMemory<byte> Rest)
{
    /// <exception cref="IOException">It is no answer, too long, or cut off.</exception>
    public static async Task<ResponseHead> ReadAsync(Stream stream, int maxBytes, CancellationToken cancellationToken)
    {
        var buffer = new byte[maxBytes];
        var length = 0;
        while (true)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                throw new IOException(length == maxBytes ? "the engine's answer has too long a head" : "the engine closed the connection before it answered");
            }

            length += read;
            var end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return Parse(Encoding.Latin1.GetString(buffer, 0, end), buffer.AsMemory((end + 4)..length));
            }
        }
    }

    private static ResponseHead Parse(string head, ReadOnlyMemory<byte> rest)
    {
        var lines = head.Split("\r\n");
        if (lines[0].Split(' ', 3) is not [var version, var code, ..] || !version.StartsWith("HTTP/1.", StringComparison.Ordinal)
            || !int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 100 or > 599)
        {
            throw new IOException($"the engine's answer \"{lines[0]}\" is no HTTP/1.1");
        }

        var headers = from line in lines.Skip(1)
                      let colon = line.IndexOf(':')
                      where colon > 0
                      select (line[..colon], line[(colon + 1)..].Trim());
        return new ResponseHead(status, [.. headers], rest);
    }
}
