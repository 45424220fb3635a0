namespace NodeAgent.Kubelet.Stats;

/// <summary>A pressure file (PSI).</summary>
/// <param name="Some">At least one task stood still.</param>
/// <param name="Full">All of them did.</param>
internal sealed record Pressure(PressureLine Some, PressureLine Full)
{
    /// <returns>Null when there is no content: the host has no PSI.</returns>
    public static Pressure? Parse(ReadOnlySpan<byte> content)
    {
        PressureLine some = default, full = default;
        var found = false;
        while (CgroupFile.TryLine(ref content, out var line))
        {
            var kind = CgroupFile.Word(ref line);
            if (kind.SequenceEqual("some"u8))
            {
                (some, found) = (PressureLine.Parse(line), true);
            }
            else if (kind.SequenceEqual("full"u8))
            {
                full = PressureLine.Parse(line);
            }
        }

        return found ? new Pressure(some, full) : null;
    }
}
