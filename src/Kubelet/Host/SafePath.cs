using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Kubelet.Host;

/// <summary>
/// Paths inside a folder that a container may have filled with links: each step is taken by the kernel, below the folder's
/// file descriptor, so that no link that is changed meanwhile leads out of it.
/// </summary>
internal static partial class SafePath
{
    private const int AtCurrent = -100;
    private const int OpenPath = 0x200000;
    private const int OpenCloseOnExec = 0x80000;
    private const int OpenNonBlocking = 0x800;
    private const ulong ResolveBeneath = 0x08;
    private const ulong ResolveNoMagicLinks = 0x02;
    private const long OpenAt2 = 437;
    private const int NoEntry = 2;
    private const int Exists = 17;

    /// <summary>Opens what the path names, to be referred to and not to be read.</summary>
    /// <exception cref="IOException">It is not there, or a link on the way leads out of the folder.</exception>
    public static SafeFileHandle Open(string folder, string path)
    {
        using var root = OpenFolder(folder);
        return Step(root, path, OpenPath) ?? throw new FileNotFoundException($"{path} is not in {folder}");
    }

    /// <exception cref="IOException">It is not there, is no file, or a link on the way leads out of the folder.</exception>
    public static FileStream OpenFile(string folder, string path)
    {
        using var root = OpenFolder(folder);
        var handle = Step(root, path, OpenNonBlocking) ?? throw new FileNotFoundException($"{path} is not in {folder}");
        return new FileStream(handle, FileAccess.Read, bufferSize: 0);
    }

    /// <summary>Opens what the path names; folders that are not there are made with the mode.</summary>
    /// <exception cref="IOException">A link on the way leads out of the folder, or a part of the path is a file.</exception>
    public static SafeFileHandle OpenOrMakeFolder(string folder, string path, int mode)
    {
        using var root = OpenFolder(folder);
        if (Step(root, path, OpenPath) is { } there)
        {
            return there;
        }

        // The longest part that is there, links followed; what is below it is made step by step.
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var done = parts.Length - 1;
        SafeFileHandle? current = null;
        try
        {
            while (current is null)
            {
                current = Step(root, done == 0 ? "." : string.Join('/', parts[..done]), OpenPath);
                done -= current is null ? 1 : 0;
            }

            foreach (var part in parts[done..])
            {
                if (MakeDirectoryAt(current, part, (uint)mode) != 0 && Marshal.GetLastPInvokeError() is var error && error != Exists)
                {
                    throw new IOException($"make the folder {part} of {path} in {folder}: {new Win32Exception(error).Message}");
                }

                var made = Step(current, part, OpenPath) ?? throw new IOException($"{part} of {path} in {folder} went away while it was made");

                // The mode that was asked for, whatever the umask is.
                File.SetUnixFileMode(Descriptor(made), (UnixFileMode)mode);
                current.Dispose();
                current = made;
            }

            var result = current;
            current = null;
            return result;
        }
        finally
        {
            current?.Dispose();
        }
    }

    /// <summary>A path to the open file itself, valid in this process.</summary>
    public static string Descriptor(SafeFileHandle handle) => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    private static SafeFileHandle OpenFolder(string folder)
    {
        var fd = OpenAt(AtCurrent, folder, OpenPath | OpenCloseOnExec, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new IOException($"open {folder}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    /// <returns>Null when it is not there.</returns>
    private static SafeFileHandle? Step(SafeFileHandle folder, string path, int flags)
    {
        var how = new How { Flags = (ulong)(flags | OpenCloseOnExec), Resolve = ResolveBeneath | ResolveNoMagicLinks };
        var fd = OpenAt2Native(OpenAt2, folder, path, ref how, (nuint)Marshal.SizeOf<How>());
        if (fd >= 0)
        {
            return new SafeFileHandle((nint)fd, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return error == NoEntry ? null : throw new IOException($"open {path}: {new Win32Exception(error).Message}");
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct How
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int folder, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long OpenAt2Native(long number, SafeFileHandle folder, string path, ref How how, nuint size);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectoryAt(SafeFileHandle folder, string path, uint mode);
}
