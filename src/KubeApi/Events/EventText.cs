using System.Globalization;
using System.Text;

namespace NodeAgent.KubeApi.Events;

/// <summary>The limits that the API sets to an event's texts.</summary>
internal static class EventText
{
    public const int MaxMessageBytes = 1024;
    private const int MaxNameLength = 253;
    private const long NanosPerTick = 100;

    private static long _lastNanos;

    /// <summary>Cuts to 1024 bytes of UTF-8, never within a character.</summary>
    public static string Cut(string message)
    {
        if (Encoding.UTF8.GetByteCount(message) <= MaxMessageBytes)
        {
            return message;
        }

        var (chars, bytes) = (0, 0);
        foreach (var rune in message.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > MaxMessageBytes)
            {
                break;
            }

            bytes += rune.Utf8SequenceLength;
            chars += rune.Utf16SequenceLength;
        }

        return message[..chars];
    }

    /// <summary>The object's name and the time, as upstream names events; never the same twice in a process.</summary>
    public static string Name(string objectName, DateTimeOffset time)
    {
        var nanos = (time - DateTimeOffset.UnixEpoch).Ticks * NanosPerTick;
        long last, next;
        do
        {
            last = Volatile.Read(ref _lastNanos);
            next = Math.Max(nanos, last + 1);
        }
        while (Interlocked.CompareExchange(ref _lastNanos, next, last) != last);

        var name = string.Create(CultureInfo.InvariantCulture, $"{objectName}.{next:x}");
        return objectName.Length > 0 && name.Length <= MaxNameLength ? name : Guid.NewGuid().ToString();
    }
}
