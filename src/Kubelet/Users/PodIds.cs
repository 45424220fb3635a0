using System.Globalization;

namespace NodeAgent.Kubelet.Users;

/// <summary>Which users of the host are set apart for pods, and which of them a pod gets.</summary>
internal static class PodIds
{
    /// <summary>A container expects the numbers up to 65535 to be there.</summary>
    public const uint Unit = 65536;

    public static bool CanBePerPod(long count) => count is > 0 and <= uint.MaxValue && count % Unit == 0;

    /// <summary>For a host that says nothing: all but the lowest numbers, which are those of the host's own users.</summary>
    public static IdRange Default(uint perPod) => new(perPod, (uint)(((1UL << 32) / perPod - 1) * perPod));

    /// <param name="output">One line for each range of the user: <c>0: kubelet 65536 7208960</c>.</param>
    /// <exception cref="InvalidDataException">It is not exactly one range.</exception>
    public static IdRange ParseGetsubids(string output)
    {
        var words = output.Trim('\n').Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 4 && !output.Trim('\n').Contains('\n', StringComparison.Ordinal)
            && uint.TryParse(words[2], CultureInfo.InvariantCulture, out var first)
            && uint.TryParse(words[3], CultureInfo.InvariantCulture, out var length)
            ? new IdRange(first, length)
            : throw new InvalidDataException($"getsubids told \"{output.Trim()}\" where one range is expected: give the user one line in /etc/subuid and the same one in /etc/subgid");
    }

    /// <returns>Why pods cannot get their users from the range; null when they can.</returns>
    public static string? Check(IdRange ids, uint perPod, int maxPods)
    {
        if (ids.First < perPod || ids.First % perPod != 0)
        {
            return $"the first of them, {ids.First}, must be a multiple of {perPod} (userNamespaces.idsPerPod), and not 0";
        }

        if (ids.Length % perPod != 0)
        {
            return $"their number, {ids.Length}, must be a multiple of {perPod} (userNamespaces.idsPerPod)";
        }

        return ids.Length / perPod < maxPods
            ? $"they are enough for {ids.Length / perPod} pods with {perPod} each (userNamespaces.idsPerPod), and maxPods is {maxPods}"
            : null;
    }

    /// <param name="taken">By other pods; of any length and from anywhere, for the settings may have been others then.</param>
    /// <param name="start">From which place on a free one is looked for.</param>
    /// <returns>Null when all are taken.</returns>
    public static IdRange? Pick(IdRange ids, uint perPod, IReadOnlyCollection<IdRange> taken, uint start)
    {
        var places = ids.Length / perPod;
        for (uint i = 0; i < places; i++)
        {
            var range = new IdRange(ids.First + ((uint)(((ulong)start + i) % places) * perPod), perPod);

            // The kernel maps no range up to the very last number, which stands for no user.
            if (range.End <= uint.MaxValue && !taken.Any(range.Overlaps))
            {
                return range;
            }
        }

        return null;
    }
}
