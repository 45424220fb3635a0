using System.ComponentModel;
using System.Text;
using NodeAgent.Proxy.Netlink;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Iptables;

/// <summary>
/// What upstream's kube-proxy leaves in the kernel when it ran in nftables mode: a table of its own per family, whose rules
/// would go on translating to endpoints that are long gone.
/// </summary>
internal static class NftablesModeRules
{
    private const int Nftables = 10;
    private const int DeleteTable = 2;
    private const int BatchBegin = 0x10;
    private const int BatchEnd = 0x11;
    private const ushort TableName = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly byte[] Name = Encoding.ASCII.GetBytes("kube-proxy\0");

    /// <returns>Whether there was such a table; it is gone then.</returns>
    /// <exception cref="Win32Exception">The kernel refused, or has no netlink.</exception>
    public static bool TryRemove(IPFamily family)
    {
        using var socket = NetlinkSocket.Open();
        socket.SetReceiveTimeout(Patience);
        var delete = new NetlinkRequest(Nftables, DeleteTable, NetlinkRequest.Request | NetlinkRequest.Acknowledge, family.Number()).Add(TableName, Name);
        var sequence = socket.Send(Batch(BatchBegin), delete, Batch(BatchEnd)) - 1;
        return Removed(socket, sequence);
    }

    private static NetlinkRequest Batch(int message) => new(0, message, NetlinkRequest.Request, 0) { Resource = Nftables };

    /// <summary>The answer to the deletion; a kernel without nftables answers to the beginning of the batch instead.</summary>
    private static bool Removed(NetlinkSocket socket, uint sequence)
    {
        var buffer = new byte[4096];
        while (socket.Receive(buffer) is > 0 and var length)
        {
            ReadOnlySpan<byte> received = buffer.AsSpan(0, length);
            while (NetlinkMessage.TryRead(ref received, out var message))
            {
                if (message.Type != NetlinkMessage.Error || message.Sequence > sequence || (message.Sequence < sequence && message.ErrorNumber == 0))
                {
                    continue;
                }

                return message.ErrorNumber switch
                {
                    0 => true,
                    Libc.ErrorNoEntry or Libc.ErrorNotSupported => false,
                    var error => throw new Win32Exception(error, $"delete the nftables table kube-proxy: {new Win32Exception(error).Message}"),
                };
            }
        }

        throw new Win32Exception($"delete the nftables table kube-proxy: no answer within {Patience.TotalSeconds} s");
    }
}
