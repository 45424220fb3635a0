using System.Text.Json;

namespace NodeAgent.Kubelet.Streaming.Commands;

/// <summary>Reads terminal sizes: JSON objects one after the other, as Go's encoder writes them.</summary>
internal static class TerminalSizes
{
    private const int MaxSize = 1024;

    /// <exception cref="IOException">Something else came.</exception>
    public static async IAsyncEnumerable<(int Width, int Height)> ReadAsync(
        Stream stream, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxSize];
        var length = 0;
        while (await stream.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            length += read;
            while (TryTake(buffer, ref length, out var size))
            {
                yield return size;
            }

            if (length == buffer.Length)
            {
                throw new IOException("a terminal size is too long");
            }
        }
    }

    private static bool TryTake(byte[] buffer, ref int length, out (int Width, int Height) size)
    {
        size = default;
        var end = Array.IndexOf(buffer, (byte)'}', 0, length);
        if (end < 0)
        {
            return false;
        }

        try
        {
            using var json = JsonDocument.Parse(buffer.AsMemory(0, end + 1));
            size = (json.RootElement.GetProperty("Width").GetUInt16(), json.RootElement.GetProperty("Height").GetUInt16());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new IOException("a terminal size is not readable", e);
        }

        buffer.AsSpan((end + 1)..length).CopyTo(buffer);
        length -= end + 1;
        return true;
    }
}
