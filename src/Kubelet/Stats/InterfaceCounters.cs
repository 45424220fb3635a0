namespace NodeAgent.Kubelet.Stats;

/// <summary>One network interface's counters.</summary>
internal readonly record struct InterfaceCounters(
    string Name, ulong RxBytes, ulong RxPackets, ulong RxErrors, ulong RxDropped, ulong TxBytes, ulong TxPackets, ulong TxErrors, ulong TxDropped)
{
    private const int Fields = 16;

    /// <param name="content">The content of /proc/PID/net/dev. The loopback is left out.</param>
    public static IReadOnlyList<InterfaceCounters> Parse(string content)
    {
        var interfaces = new List<InterfaceCounters>();
        foreach (var line in content.Split('\n'))
        {
            var colon = line.IndexOf(':');
            var name = colon < 0 ? "" : line[..colon].Trim();
            var numbers = colon < 0 ? [] : line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (name is "" or "lo" || numbers.Length < Fields)
            {
                continue;
            }

            ulong Number(int index) => ulong.TryParse(numbers[index], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 0;
            interfaces.Add(new InterfaceCounters(name, Number(0), Number(1), Number(2), Number(3), Number(8), Number(9), Number(10), Number(11)));
        }

        return interfaces;
    }
}
