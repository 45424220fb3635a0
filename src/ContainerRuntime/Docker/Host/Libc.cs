using System.Runtime.InteropServices;

namespace NodeAgent.ContainerRuntime.Docker.Host;

/// <summary>The calls into libc that .NET does not have.</summary>
internal static partial class Libc
{
    public const int CloneNewNet = 0x40000000;
    public const int SigKill = 9;
    public const int NoSuchProcess = 3;
    public const int ReadOnlyCloseOnExec = 0x80000;

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(int descriptor, int type);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);
}
