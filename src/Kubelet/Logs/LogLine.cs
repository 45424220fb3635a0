using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace NodeAgent.Kubelet.Logs;

/// <summary>One line of a container's log: time, stream, text; in CRI's format or, by Docker Engine, in json-file's.</summary>
internal readonly ref struct LogLine
{
    /// <summary>2026-11-21T05:00:00Z.</summary>
    private const int ShortestTime = 20;

    internal LogLine(ReadOnlySpan<byte> time, bool isStdout, bool isPartial, ReadOnlySpan<byte> text)
    {
        TimeText = time;
        IsStdout = isStdout;
        IsPartial = isPartial;
        Text = text;
    }

    public ReadOnlySpan<byte> TimeText { get; }

    public bool IsStdout { get; }

    /// <summary>The container's own line goes on in the next line of this stream.</summary>
    public bool IsPartial { get; }

    public ReadOnlySpan<byte> Text { get; }

    /// <param name="line">Without its newline; spaces before it, where a log was cut, are passed over.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out LogLine parsed)
    {
        line = line.TrimStart((byte)' ');
        if (line.StartsWith("{"u8))
        {
            return JsonFileLine.TryParse(line, out parsed);
        }

        parsed = default;
        var afterTime = line.IndexOf((byte)' ');
        if (afterTime < ShortestTime || line[10] != 'T')
        {
            return false;
        }

        var rest = line[(afterTime + 1)..];
        var isStdout = rest.StartsWith("stdout "u8);
        if (!isStdout && !rest.StartsWith("stderr "u8))
        {
            return false;
        }

        rest = rest[7..];
        var afterTags = rest.IndexOf((byte)' ');
        var tags = afterTags < 0 ? rest : rest[..afterTags];
        var isPartial = tags.Length > 0 && tags[0] == 'P';
        if (!isPartial && (tags.Length == 0 || tags[0] != 'F'))
        {
            return false;
        }

        parsed = new LogLine(line[..afterTime], isStdout, isPartial, afterTags < 0 ? [] : rest[(afterTags + 1)..]);
        return true;
    }

    /// <summary>Null when the time cannot be read.</summary>
    public DateTimeOffset? Time =>
        DateTimeOffset.TryParse(Encoding.ASCII.GetString(TimeText), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <summary>Writes the time with all nine digits of its fraction, so that a client's columns line up.</summary>
    public void WriteTime(Stream output)
    {
        var point = TimeText.IndexOf((byte)'.');
        var endOfSeconds = point < 0 ? ShortestTime - 1 : point;
        output.Write(TimeText[..endOfSeconds]);
        output.WriteByte((byte)'.');
        var fraction = point < 0 ? [] : TimeText[(point + 1)..];
        var digits = 0;
        while (digits < fraction.Length && Utf8Parser.TryParse(fraction.Slice(digits, 1), out byte _, out _))
        {
            digits++;
        }

        output.Write(fraction[..Math.Min(digits, 9)]);
        output.Write("000000000"u8[Math.Min(digits, 9)..]);
        output.Write(point < 0 ? TimeText[endOfSeconds..] : fraction[digits..]);
    }
}
