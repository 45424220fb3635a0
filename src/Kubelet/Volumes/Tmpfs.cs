using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>Memory as a file system. Its root is as the kernel makes it: open to all, and only owners may take files away (1777).</summary>
internal static class Tmpfs
{
    /// <summary>Kernels before 6.4, and user namespaces, do not know the option, and say so in the kernel's log each time.</summary>
    private static volatile bool _knowsNoSwap = true;

    /// <summary>Mounts one that is never swapped out, where the kernel can do that (KEP-2400).</summary>
    /// <param name="size">The most that it may hold, in bytes; 0 for half of the host's memory.</param>
    /// <exception cref="IOException">It could not be mounted.</exception>
    public static void Mount(string directory, long size = 0)
    {
        string[] options = size > 0 ? [string.Create(System.Globalization.CultureInfo.InvariantCulture, $"size={size}")] : [];
        if (_knowsNoSwap)
        {
            try
            {
                Libc.Mount("tmpfs", directory, "tmpfs", string.Join(',', [.. options, "noswap"]));
                return;
            }
            catch (IOException)
            {
                // Tried without: what else is wrong comes up again.
            }
        }

        Libc.Mount("tmpfs", directory, "tmpfs", string.Join(',', options));
        _knowsNoSwap = false;
    }
}
