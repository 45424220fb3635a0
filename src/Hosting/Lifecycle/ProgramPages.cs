using System.Runtime.InteropServices;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>
/// Lets go of the pages of program files that this process has mapped and may not need again: most code runs at the start only.
/// They stay in the page cache, where the kernel may take them for the pods, and come back by a page fault without a read.
/// </summary>
/// <remarks>Not safe for concurrent use.</remarks>
internal sealed partial class ProgramPages
{
    private const int DontNeed = 4;

    private HashSet<ProgramMapping> _before = [];

    /// <summary>Notes what is mapped now.</summary>
    public void Look() => _before = Mapped();

    /// <summary>Leaves out what was not there the last time: a file that is being loaded is still changed after it is mapped.</summary>
    public void LetGo()
    {
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
    }

    private static HashSet<ProgramMapping> Mapped()
    {
        using var smaps = new FileStream("/proc/self/smaps", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        return [.. ProgramMapping.Read(smaps)];
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);
}
