using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.ContainerRuntime.Host;

/// <summary>The calls into libc that .NET does not have.</summary>
internal static partial class Libc
{
    public const int CloneNewNet = 0x40000000;
    public const int SigKill = 9;
    public const int NoSuchProcess = 3;
    public const int ReadOnlyCloseOnExec = 0x80000;
    public const int AppendCloseOnExec = 0x80000 | 0x400 | 1;
    public const int CollapseRange = 8;
    public const int FromCurrent = 1;
    private const int BootTimeClock = 7;

    /// <summary>How long the host has been up, suspended or not: what the kernel gives as the start of a process counts from there.</summary>
    public static TimeSpan UpTime() =>
        GetTime(BootTimeClock, out var time) == 0 ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000) : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeFileHandle descriptor, int type);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> data, nuint length);

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    public static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    public static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
