using System.Buffers;
using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.Proxy.Netlink;

/// <summary>A socket to the kernel's netfilter. For one caller at a time; calls block.</summary>
internal sealed class NetlinkSocket : IDisposable
{
    private const int SocketAddressLength = 12;
    private readonly SafeFileHandle _socket;
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle socket) => _socket = socket;

    /// <exception cref="Win32Exception">The kernel has no netfilter netlink, or forbids it.</exception>
    public static NetlinkSocket Open()
    {
        var descriptor = Libc.Socket(Libc.NetlinkFamily, Libc.RawCloseOnExec, Libc.NetfilterProtocol);
        if (descriptor < 0)
        {
            throw LastError("open a netfilter netlink socket");
        }

        var socket = new NetlinkSocket(new SafeFileHandle(descriptor, ownsHandle: true));
        Span<byte> address = stackalloc byte[SocketAddressLength];
        address.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, Libc.NetlinkFamily);
        if (Libc.Bind(socket._socket, address, SocketAddressLength) < 0)
        {
            var error = LastError("bind a netfilter netlink socket");
            socket.Dispose();
            throw error;
        }

        return socket;
    }

    /// <summary>Makes <see cref="Receive"/> give up after this time, returning 0.</summary>
    public void SetReceiveTimeout(TimeSpan timeout)
    {
        Span<byte> value = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(value, (long)timeout.TotalSeconds);
        BinaryPrimitives.WriteInt64LittleEndian(value[8..], timeout.Microseconds + (timeout.Milliseconds * 1000L));
        SetOption(Libc.SocketLevel, Libc.ReceiveTimeout, value);
    }

    /// <summary>Asks for the kernel's notifications of one group.</summary>
    public void Join(int group, int receiveBuffer)
    {
        Span<byte> value = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(value, receiveBuffer);
        Libc.SetOption(_socket, Libc.SocketLevel, Libc.ReceiveBufferForce, value, value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(value, group);
        SetOption(Libc.NetlinkLevel, Libc.AddMembership, value);
    }

    /// <summary>Sends messages that belong together.</summary>
    /// <returns>The sequence number that the answers to the last carry; those of the others come before it one by one.</returns>
    public uint Send(params ReadOnlySpan<NetlinkRequest> requests)
    {
        var messages = new ArrayBufferWriter<byte>();
        foreach (var request in requests)
        {
            messages.Write(request.Finish(++_sequence));
        }

        if (Libc.Send(_socket, messages.WrittenSpan, messages.WrittenCount, 0) < 0)
        {
            throw LastError("send to netfilter");
        }

        return _sequence;
    }

    /// <returns>How many bytes of messages came; 0 when none came in time; -1 when the kernel had to drop some.</returns>
    public int Receive(Span<byte> buffer)
    {
        while (true)
        {
            var length = Libc.Receive(_socket, buffer, buffer.Length, 0);
            if (length >= 0)
            {
                return (int)length;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.ErrorInterrupted:
                    continue;
                case Libc.ErrorAgain:
                    return 0;
                case Libc.ErrorNoBuffers:
                    return -1;
                default:
                    throw LastError("receive from netfilter");
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private void SetOption(int level, int name, ReadOnlySpan<byte> value)
    {
        if (Libc.SetOption(_socket, level, name, value, value.Length) < 0)
        {
            throw LastError("set up a netfilter netlink socket");
        }
    }

    private static Win32Exception LastError(string doing)
    {
        var code = Marshal.GetLastPInvokeError();
        return new Win32Exception(code, $"{doing}: {Marshal.GetPInvokeErrorMessage(code)}");
    }
}
