using System.ComponentModel;
using System.Runtime.InteropServices;

namespace NodeAgent.Kubelet.Host;

/// <summary>The calls into libc that .NET has no API for.</summary>
internal static partial class Libc
{
    private const int DetachMount = 2;
    private const int NoSuchFile = 2;
    private const int ReadOnlyCloseOnExec = 0x80000;
    private const nuint ReadOnly = 1;
    private const nuint Remount = 32;
    private const nuint Bind = 4096;
    private const nuint Recursive = 16384;

    public static void Mount(string source, string target, string fileSystem, string options)
    {
        if (MountNative(source, target, fileSystem, 0, options) != 0)
        {
            throw new IOException($"mount {fileSystem} on {target} ({options}): {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Shows a folder or a file at another place as well.</summary>
    /// <param name="recursively">With what is mounted below it.</param>
    public static void BindMount(string source, string target, bool readOnly = false, bool recursively = false)
    {
        if (MountNative(source, target, "", Bind | (recursively ? Recursive : 0), "") != 0)
        {
            throw new IOException($"bind {source} to {target}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        if (readOnly && MountNative("", target, "", Bind | Remount | ReadOnly, "") != 0)
        {
            var error = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
            Unmount(target);
            throw new IOException($"make {target} read-only: {error}");
        }
    }

    /// <param name="lazily">Takes it out of sight at once, even while somebody uses it.</param>
    public static void Unmount(string target, bool lazily = false)
    {
        if (UnmountNative(target, lazily ? DetachMount : 0) != 0)
        {
            throw new IOException($"unmount {target}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Changes owner and group; -1 leaves one as it is. Links themselves are changed, not what they point to.</summary>
    public static void ChangeOwner(string path, int user, int group)
    {
        if (ChangeOwnerNative(path, user, group) != 0)
        {
            throw new IOException($"change the owner of {path} to {user}:{group}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Renames, replacing what has the name, in one step. Links are renamed themselves, also those to folders, which File.Move does not do.</summary>
    public static void Rename(string from, string to)
    {
        if (RenameNative(from, to) != 0)
        {
            throw new IOException($"rename {from} to {to}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    /// <summary>Reads a small file of the kernel's from its beginning: three calls, where a FileStream or a SafeFileHandle takes seven.</summary>
    /// <returns>How much of <paramref name="buffer"/> was filled.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static int ReadFile(string path, Span<byte> buffer)
    {
        var file = OpenNative(path, ReadOnlyCloseOnExec);
        if (file < 0)
        {
            throw Failure("open");
        }

        try
        {
            // Such a file is made when it is read, a page of whole lines at a time: what is far from a page is the end.
            var (length, read) = (0, 0);
            do
            {
                var rest = buffer[length..];
                read = (int)ReadNative(file, rest, (nuint)rest.Length);
                length += read < 0 ? throw Failure("read") : read;
            }
            while (read > Environment.SystemPageSize / 2 && length < buffer.Length);

            return length;
        }
        finally
        {
            _ = CloseNative(file);
        }

        IOException Failure(string what)
        {
            var error = Marshal.GetLastPInvokeError();
            var message = $"{what} {path}: {new Win32Exception(error).Message}";
            return error == NoSuchFile ? new FileNotFoundException(message, path) : new IOException(message);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenNative(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadNative(int file, Span<byte> buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseNative(int file);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameNative(string from, string to);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MountNative(string source, string target, string fileSystem, nuint flags, string options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnmountNative(string target, int flags);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwnerNative(string path, int user, int group);
}
