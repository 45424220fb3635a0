using System.Text;
using Mono.Unix.Native;

namespace NodeAgent.Kubelet.Node;

/// <summary>What the kernel logs from now on, record by record, without a thread that waits for it.</summary>
internal sealed class KernelLog : IDisposable
{
    private const int LongestRecord = 8192;
    private readonly int _file;
    private readonly byte[] _buffer = new byte[LongestRecord];

    private KernelLog(int file) => _file = file;

    /// <returns>Null where this process may not read it.</returns>
    public static KernelLog? TryOpen(string path = "/dev/kmsg")
    {
        var file = Syscall.open(path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_CLOEXEC);
        if (file < 0)
        {
            return null;
        }

        _ = Syscall.lseek(file, 0, SeekFlags.SEEK_END);
        return new KernelLog(file);
    }

    /// <summary>The records that have come since the last call; those that were overwritten before they were read are lost.</summary>
    public unsafe IReadOnlyList<string> ReadNews()
    {
        List<string> records = [];
        fixed (byte* buffer = _buffer)
        {
            while (true)
            {
                var length = Syscall.read(_file, buffer, LongestRecord);
                if (length > 0)
                {
                    records.Add(Encoding.UTF8.GetString(buffer, (int)length));
                }
                else if (length == 0 || Stdlib.GetLastError() != Errno.EPIPE)
                {
                    return records;
                }
            }
        }
    }

    public void Dispose() => _ = Syscall.close(_file);
}
