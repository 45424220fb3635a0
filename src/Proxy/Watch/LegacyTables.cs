using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using NodeAgent.Proxy.Netlink;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Watch;

/// <summary>Asks the kernel how large its x_tables are: one system call per table, some microseconds whatever the number of rules.</summary>
internal sealed class LegacyTables(IPFamily family) : ILegacyTables
{
    /// <summary>IPT_SO_GET_INFO and IP6T_SO_GET_INFO.</summary>
    private const int GetInfo = 64;

    /// <summary>The name, the hooks there are, five entry points, five underflows, the number of entries, and the size.</summary>
    private const int InfoLength = 84;
    private const int EntriesOffset = 76;
    private const int SizeOffset = 80;

    public LegacyTableSize Read(Table table)
    {
        using var socket = new SafeFileHandle(Libc.Socket(family == IPFamily.IPv4 ? Libc.InternetFamily : Libc.InternetV6Family, Libc.RawCloseOnExec, Libc.RawProtocol), ownsHandle: true);
        if (socket.IsInvalid)
        {
            throw LastError("open a raw socket");
        }

        Span<byte> info = stackalloc byte[InfoLength];
        info.Clear();
        Encoding.ASCII.GetBytes(table.Text(), info);
        var length = InfoLength;
        if (Libc.GetOption(socket, family == IPFamily.IPv4 ? Libc.InternetLevel : Libc.InternetV6Level, GetInfo, info, ref length) < 0)
        {
            throw LastError($"ask for the size of table {table.Text()}");
        }

        return new LegacyTableSize(BinaryPrimitives.ReadUInt32LittleEndian(info[EntriesOffset..]), BinaryPrimitives.ReadUInt32LittleEndian(info[SizeOffset..]));
    }

    private static Win32Exception LastError(string doing)
    {
        var code = Marshal.GetLastPInvokeError();
        return new Win32Exception(code, $"{doing}: {Marshal.GetPInvokeErrorMessage(code)}");
    }
}
