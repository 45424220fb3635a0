using System.Runtime;
using System.Runtime.InteropServices;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>Gives memory back to the host whenever <see cref="IdleMemory"/> says so: the managed heap's, the C library's, and program files'.</summary>
internal static partial class IdleMemoryLoop
{
    public static async Task RunAsync(ProgramPages pages, long quietBytes, TimeProvider time, CancellationToken stop)
    {
        var idle = new IdleMemory(time, quietBytes);
        using var timer = new PeriodicTimer(IdleMemory.Period, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            if (idle.IsDue(GC.GetTotalAllocatedBytes(), GC.GetGCMemoryInfo().HeapSizeBytes))
            {
                var start = time.GetTimestamp();
                Release(pages);
                idle.Released(GC.GetTotalAllocatedBytes(), time.GetElapsedTime(start));
            }
        }
    }

    private static void Release(ProgramPages pages)
    {
        pages.LetGo();
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = TrimMalloc(0);
    }

    // glibc's: gives the free ends and whole free pages of its heaps back.
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimMalloc(nuint pad);
}
