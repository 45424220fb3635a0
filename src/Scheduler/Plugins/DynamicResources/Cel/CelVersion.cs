using System.Globalization;

namespace NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

/// <summary>A semantic version, ordered as semver.org says; build metadata does not count.</summary>
internal sealed record CelVersion(long Major, long Minor, long Patch, string PreRelease) : IComparable<CelVersion>
{
    /// <exception cref="CelException">It is none.</exception>
    public static CelVersion Parse(string text)
    {
        var core = text.Split('+')[0];
        var dash = core.IndexOf('-', StringComparison.Ordinal);
        var numbers = (dash < 0 ? core : core[..dash]).Split('.');
        return numbers.Length == 3 && Number(numbers[0]) is { } major && Number(numbers[1]) is { } minor && Number(numbers[2]) is { } patch
            ? new CelVersion(major, minor, patch, dash < 0 ? "" : core[(dash + 1)..])
            : throw new CelException($"\"{text}\" is no semantic version");
    }

    public int CompareTo(CelVersion? other)
    {
        var order = (Major, Minor, Patch).CompareTo((other!.Major, other.Minor, other.Patch));
        if (order != 0 || PreRelease == other.PreRelease)
        {
            return order;
        }

        // A version comes after its own pre-releases.
        return PreRelease.Length == 0 ? 1 : other.PreRelease.Length == 0 ? -1 : ComparePreRelease(PreRelease.Split('.'), other.PreRelease.Split('.'));
    }

    private static int ComparePreRelease(string[] left, string[] right)
    {
        for (var i = 0; i < Math.Min(left.Length, right.Length); i++)
        {
            var order = (Number(left[i]), Number(right[i])) switch
            {
                ({ } l, { } r) => l.CompareTo(r),
                ({ }, null) => -1,
                (null, { }) => 1,
                _ => string.CompareOrdinal(left[i], right[i]),
            };
            if (order != 0)
            {
                return order;
            }
        }

        return left.Length.CompareTo(right.Length);
    }

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
