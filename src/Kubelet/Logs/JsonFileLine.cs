using System.Text.Json;

namespace NodeAgent.Kubelet.Logs;

/// <summary>Reads a line of Docker's json-file log: <c>{"log":"text\n","stream":"stdout","time":"..."}</c>.</summary>
internal static class JsonFileLine
{
    /// <param name="line">Without its newline. A text without a newline of its own is a part of a longer line.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out LogLine parsed)
    {
        parsed = default;
        byte[]? text = null;
        byte[] time = [];
        var isStdout = false;
        try
        {
            var reader = new Utf8JsonReader(line);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isLog, isStream, isTime) = (reader.ValueTextEquals("log"u8), reader.ValueTextEquals("stream"u8), reader.ValueTextEquals("time"u8));
                reader.Read();
                if (isLog)
                {
                    text = Unescape(ref reader);
                }
                else if (isStream)
                {
                    isStdout = reader.ValueTextEquals("stdout"u8);
                }
                else if (isTime)
                {
                    time = Unescape(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half a line, as a reader meets it at the end of a file that is being written.
            return false;
        }

        if (text is null || time.Length == 0)
        {
            return false;
        }

        var isWhole = text.AsSpan().EndsWith("\n"u8);
        parsed = new LogLine(time, isStdout, !isWhole, isWhole ? text.AsSpan(0, text.Length - 1) : text);
        return true;
    }

    private static byte[] Unescape(ref Utf8JsonReader reader)
    {
        var buffer = new byte[reader.ValueSpan.Length];
        var length = reader.CopyString(buffer);
        return buffer.AsSpan(0, length).ToArray();
    }
}
