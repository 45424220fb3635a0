using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Network;

/// <summary>
/// A network namespace that stands for a host: joined to the host's own namespace by a veth pair, with a default route through
/// it. iptables rules, bridges and ports in it are its own, so that a test never touches those of the machine.
/// </summary>
public sealed class NetworkNamespace : IAsyncDisposable
{
    private readonly FileStream _reservation;

    private NetworkNamespace(string name, int index, FileStream reservation)
    {
        Name = name;
        _reservation = reservation;
        OutsideAddress = $"10.213.{index}.1";
        Address = $"10.213.{index}.2";
        Index = index;
    }

    public string Name { get; }

    /// <summary>Between 0 and 254, unlike that of any other namespace of this kind on the machine.</summary>
    public int Index { get; }

    /// <summary>The namespace's own address, reachable from the machine.</summary>
    public string Address { get; }

    /// <summary>The machine's address at the other end of the pair.</summary>
    public string OutsideAddress { get; }

    /// <summary>Put before a command to run it in the namespace; the mounts stay the machine's.</summary>
    public IReadOnlyList<string> Prefix => EnterPrefix(Name);

    public static IReadOnlyList<string> EnterPrefix(string? name) => name is null ? [] : ["nsenter", $"--net=/run/netns/{name}", "--"];

    /// <param name="prefix">The start of the name, at most 8 characters.</param>
    public static async Task<NetworkNamespace> CreateAsync(string prefix = "na-node")
    {
        var (index, reservation) = Reserve();
        var created = new NetworkNamespace($"{prefix}-{index}", index, reservation);
        var (outside, inside) = ($"na-h{index}", $"na-n{index}");
        await RemoveAsync(created.Name, outside);
        try
        {
            await Ip("netns", "add", created.Name);
            await Ip("link", "add", outside, "type", "veth", "peer", "name", inside);
            await Ip("link", "set", inside, "netns", created.Name);
            await Ip("address", "add", created.OutsideAddress + "/24", "dev", outside);
            await Ip("link", "set", outside, "up");
            await Ip("-n", created.Name, "link", "set", inside, "name", "eth0");
            await Ip("-n", created.Name, "address", "add", created.Address + "/24", "dev", "eth0");
            await Ip("-n", created.Name, "link", "set", "lo", "up");
            await Ip("-n", created.Name, "link", "set", "eth0", "up");
            await Ip("-n", created.Name, "route", "add", "default", "via", created.OutsideAddress);
            await created.RunAsync("sysctl", ["-q", "-w", "net.ipv4.ip_forward=1"]);
            return created;
        }
        catch
        {
            await created.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command in the namespace.</summary>
    public Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string? input = null, bool throwOnFailure = true, TimeSpan? timeout = null) =>
        Command.RunAsync(Prefix[0], [.. Prefix.Skip(1), program, .. arguments], input, throwOnFailure, timeout);

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync(Name, $"na-h{Index}");
        await _reservation.DisposeAsync();
    }

    private static async Task RemoveAsync(string name, string outside)
    {
        await Command.RunAsync("ip", ["netns", "delete", name], throwOnFailure: false);
        await Command.RunAsync("ip", ["link", "delete", outside], throwOnFailure: false);
    }

    private static Task<CommandResult> Ip(params string[] arguments) => Command.RunAsync("ip", arguments);

    // A lock file per index: two test runs at once never take the same one, and a run that was killed gives its own back.
    private static (int Index, FileStream Reservation) Reserve()
    {
        Directory.CreateDirectory("/run/nodeagent-netns");
        for (var index = 0; index < 255; index++)
        {
            try
            {
                return (index, new FileStream($"/run/nodeagent-netns/{index}", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                // Somebody else has it.
            }
        }

        throw new InvalidOperationException("no free network namespace: all 255 under /run/nodeagent-netns are taken");
    }
}
