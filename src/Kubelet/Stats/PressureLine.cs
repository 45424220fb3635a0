using System.Buffers.Text;

namespace NodeAgent.Kubelet.Stats;

/// <summary>One line of a pressure file: for how long tasks stood still for want of something.</summary>
/// <param name="Avg10">Percent of the last ten seconds; the others likewise.</param>
/// <param name="TotalMicroseconds">Since the cgroup was made.</param>
internal readonly record struct PressureLine(double Avg10, double Avg60, double Avg300, ulong TotalMicroseconds)
{
    /// <param name="line">What comes behind <c>some</c> or <c>full</c>: <c>avg10=0.00 avg60=0.00 avg300=0.00 total=0</c>.</param>
    public static PressureLine Parse(ReadOnlySpan<byte> line) => new(
        Average(CgroupFile.Word(ref line)), Average(CgroupFile.Word(ref line)), Average(CgroupFile.Word(ref line)), CgroupFile.ParseNumber(Value(CgroupFile.Word(ref line))) ?? 0);

    private static double Average(ReadOnlySpan<byte> word) => Utf8Parser.TryParse(Value(word), out double number, out _) ? number : 0;

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> word) => word[(word.IndexOf((byte)'=') + 1)..];
}
