using System.Buffers.Text;
using System.Collections.Concurrent;
using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Stats;

/// <summary>Reads the kernel's small files of numbers. What is not there, because the host lacks it or the cgroup is gone, reads as nothing.</summary>
internal sealed class CgroupFile
{
    private const int Largest = 64 * 1024;

    [ThreadStatic]
    private static byte[]? _buffer;

    /// <summary>Names of files that existing cgroups were found to lack: this host does not have them.</summary>
    private readonly ConcurrentDictionary<string, bool> _absent = new();

    /// <returns>The content; good until this thread reads the next file. Empty when there is none.</returns>
    public ReadOnlySpan<byte> Read(string folder, string name)
    {
        if (_absent.ContainsKey(name))
        {
            return default;
        }

        try
        {
            return Read(Path.Combine(folder, name));
        }
        catch (FileNotFoundException) when (Directory.Exists(folder))
        {
            _absent.TryAdd(name, true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // The cgroup has gone in the meantime, or the kernel was built without this.
        }

        return default;
    }

    /// <summary>A file of one number; <c>max</c> reads as the greatest.</summary>
    public ulong? Number(string folder, string name) => ParseNumber(Read(folder, name).Trim("\n "u8));

    /// <summary>The number after a name, in a file of lines with a name and a number each.</summary>
    /// <returns>Null when there is no such name.</returns>
    public static ulong? Field(ReadOnlySpan<byte> content, ReadOnlySpan<byte> name)
    {
        for (var from = 0; content[from..].IndexOf(name) is var found and >= 0; from += found + name.Length)
        {
            var (start, end) = (from + found, from + found + name.Length);
            if ((start == 0 || content[start - 1] == '\n') && end < content.Length && content[end] == ' ')
            {
                var rest = content[(end + 1)..];
                return TryLine(ref rest, out var number) ? ParseNumber(number) : null;
            }
        }

        return null;
    }

    /// <summary>Takes the first line off.</summary>
    public static bool TryLine(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        var end = rest.IndexOf((byte)'\n');
        line = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return !line.IsEmpty || !rest.IsEmpty;
    }

    /// <summary>Takes the first word off.</summary>
    public static ReadOnlySpan<byte> Word(ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart((byte)' ');
        var end = line.IndexOf((byte)' ');
        var word = end < 0 ? line : line[..end];
        line = end < 0 ? default : line[(end + 1)..];
        return word;
    }

    public static ulong? ParseNumber(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("max"u8) ? ulong.MaxValue : Utf8Parser.TryParse(text, out ulong number, out var length) && length == text.Length && length > 0 ? number : null;

    /// <exception cref="IOException">It cannot be read.</exception>
    private static ReadOnlySpan<byte> Read(string path)
    {
        var buffer = _buffer ??= new byte[Largest];
        return buffer.AsSpan(0, Libc.ReadFile(path, buffer));
    }
}
