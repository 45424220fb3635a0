using System.ComponentModel;
using Microsoft.Extensions.Logging;
using NodeAgent.Proxy.Netlink;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Watch;

/// <summary>Listens to the kernel's notifications of nftables, which is where iptables-nft keeps its rules.</summary>
internal sealed partial class NftRulesWatch(IPFamily family, ILogger<NftRulesWatch> logger) : IRulesWatch
{
    private const int NftablesGroup = 7;
    private const int ReceiveBuffer = 8 * 1024 * 1024;
    private static readonly TimeSpan StopCheck = TimeSpan.FromMilliseconds(250);
    private readonly OwnProcesses _own = new();

    public void Writing(int processId) => _own.Add(processId);

    public void Written() => _own.Ended();

    public Task RunAsync(Action<RulesDisturbance> changed, CancellationToken cancellationToken)
    {
        NetlinkSocket socket;
        try
        {
            socket = NetlinkSocket.Open();
            socket.SetReceiveTimeout(StopCheck);
            socket.Join(NftablesGroup, ReceiveBuffer);
        }
        catch (Win32Exception e)
        {
            LogUnavailable(family, e.Message);
            return Task.CompletedTask;
        }

        // Receiving blocks for most of the proxy's life.
        return Task.Factory.StartNew(() => Receive(socket, changed, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private void Receive(NetlinkSocket socket, Action<RulesDisturbance> changed, CancellationToken cancellationToken)
    {
        using var open = socket;
        var buffer = new byte[64 * 1024];
        var transactions = new NftTransactions(family, _own.IsOwn);
        while (!cancellationToken.IsCancellationRequested)
        {
            var length = socket.Receive(buffer);
            if (length < 0)
            {
                transactions.Forget();
                changed(RulesDisturbance.Missed);
            }
            else if (transactions.Read(buffer.AsSpan(0, length)))
            {
                changed(RulesDisturbance.Removed);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    [LoggerMessage(80, LogLevel.Warning, "Cannot be told of changes to the {Family} rules by others: {Reason}; looking for the canary chains every sync period instead")]
    private partial void LogUnavailable(IPFamily family, string reason);
}
