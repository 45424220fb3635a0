using System.Collections.Concurrent;
using System.Globalization;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>Names of block devices by their numbers, from sysfs; each is looked up once.</summary>
internal sealed class BlockDevices
{
    private readonly ConcurrentDictionary<(uint Major, uint Minor), string> _names = new();

    /// <returns>Such as <c>/dev/sda</c>; empty for a device that sysfs does not know.</returns>
    public string Name(uint major, uint minor) => _names.GetOrAdd((major, minor), static device =>
    {
        var link = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/sys/dev/block/{device.Major}:{device.Minor}"));
        return link.LinkTarget is { } target ? "/dev/" + Path.GetFileName(target) : "";
    });
}
