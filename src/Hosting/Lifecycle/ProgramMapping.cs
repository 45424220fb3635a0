using System.Buffers.Text;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>A part of the address space that shows a program file as it is on disk: nothing may write to it, and nothing has.</summary>
internal readonly record struct ProgramMapping(ulong Start, ulong End)
{
    private const int LongestLine = 8192;

    /// <summary>All of them, by the text of /proc/self/smaps (proc_pid_smaps(5)). Read piece by piece: it is hundreds of kilobytes.</summary>
    public static List<ProgramMapping> Read(Stream smaps)
    {
        var found = new List<ProgramMapping>();
        ProgramMapping? current = null;
        var buffer = new byte[LongestLine];
        var filled = 0;
        for (int read; (read = smaps.Read(buffer.AsSpan(filled))) > 0;)
        {
            filled += read;
            var rest = buffer.AsSpan(0, filled);
            for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
            {
                Take(rest[..end], ref current, found);
            }

            rest.CopyTo(buffer);
            filled = rest.Length;
        }

        AddTo(found, current);
        return found;
    }

    private static void Take(ReadOnlySpan<byte> line, ref ProgramMapping? current, List<ProgramMapping> found)
    {
        if (!IsField(line))
        {
            AddTo(found, current);
            current = Header(line);
        }
        else if (current is not null && (line.StartsWith("Anonymous:"u8) || line.StartsWith("Swap:"u8)) && line.IndexOfAnyInRange((byte)'1', (byte)'9') >= 0)
        {
            current = null;
        }
    }

    private static void AddTo(List<ProgramMapping> found, ProgramMapping? mapping)
    {
        if (mapping is { } complete)
        {
            found.Add(complete);
        }
    }

    // "Rss:  12 kB" and not "7f0000000000-7f0000001000 r-xp ...": a mapping starts with digits in lower case.
    private static bool IsField(ReadOnlySpan<byte> line) => line.Length > 0 && line[0] is >= (byte)'A' and <= (byte)'Z';

    // start-end permissions offset device inode path
    private static ProgramMapping? Header(ReadOnlySpan<byte> line)
    {
        var path = line.IndexOf((byte)'/');
        return path >= 0
            && Utf8Parser.TryParse(line, out ulong start, out var length, 'x')
            && Utf8Parser.TryParse(line[(length + 1)..], out ulong end, out var second, 'x')
            && line.Slice(length + second + 2, 4) is [(byte)'r', (byte)'-', _, (byte)'p']
                ? new ProgramMapping(start, end)
                : null;
    }
}
