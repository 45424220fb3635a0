using System.Runtime.InteropServices;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>
/// Lets go of the pages of program files that this process has mapped and may not need again: most code runs at the start only.
/// They stay in the page cache, where the kernel may take them for the pods, and come back by a page fault without a read.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed partial class ProgramPages(TimeProvider time)
{
    private const int DontNeed = 4;

    /// <summary>Longer than it takes to load a file, on a busy host too.</summary>
    private static readonly TimeSpan Loading = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private HashSet<ProgramMapping> _before = [];
    private long _looked;

    /// <summary>Notes what is mapped now.</summary>
    public void Look()
    {
        lock (_lock)
        {
            _before = Mapped();
            _looked = time.GetTimestamp();
        }
    }

    /// <summary>Leaves out what was not there the last time: a file that is being loaded is still changed after it is mapped. Does nothing right after a look.</summary>
    public void LetGo()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_looked) < Loading)
            {
                return;
            }

            var now = Mapped();
            foreach (var mapping in now)
            {
                if (_before.Contains(mapping))
                {
                    // A refusal (the pages are locked) leaves them where they are.
                    _ = Advise((nint)mapping.Start, (nuint)(mapping.End - mapping.Start), DontNeed);
                }
            }

            _before = now;
            _looked = time.GetTimestamp();
        }
    }

    private static HashSet<ProgramMapping> Mapped()
    {
        using var smaps = new FileStream("/proc/self/smaps", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        return [.. ProgramMapping.Read(smaps)];
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);
}
