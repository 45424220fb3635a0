using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Kubelet.Server;

/// <summary>Where a path leads once every link on the way is followed.</summary>
internal static class RealPath
{
    private const int MostLinks = 40;

    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string Of(string path)
    {
        var (done, rest) = ("/", new Stack<string>(Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()));
        for (var links = 0; rest.TryPop(out var part);)
        {
            var next = Path.Combine(done, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                done = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException($"{path} is a link that leads in a circle");
            }

            var full = Path.GetFullPath(Path.Combine(done, target));
            done = "/";
            foreach (var step in full.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                rest.Push(step);
            }
        }

        return done;
    }

    /// <summary>The kernel's own word for what is open.</summary>
    public static string OfOpen(SafeFileHandle handle) =>
        new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}")).LinkTarget ?? "";
}
