using System.ComponentModel;
using System.Diagnostics;

namespace NodeAgent.Proxy.Iptables;

/// <summary>
/// A program that is started before it is needed and waits for its input: on the way of a change to the kernel nothing is
/// left to do but to write it. For one caller at a time.
/// </summary>
/// <remarks>When the proxy ends, however it does, the program reads an empty input and ends too.</remarks>
internal sealed class WaitingCommand(string program, IReadOnlyList<string> arguments) : IDisposable
{
    private Process? _waiting;

    /// <summary>Starts the program unless it waits already. A failure is left to <see cref="RunAsync"/>, which tries again and says so.</summary>
    public void Prepare()
    {
        if (_waiting is { HasExited: false })
        {
            return;
        }

        _waiting?.Dispose();
        _waiting = null;
        try
        {
            _waiting = Command.Start(program, arguments);
        }
        catch (IptablesException)
        {
            // Told when it is needed.
        }
    }

    /// <param name="started">Called with the program's process id, before it has read anything.</param>
    /// <exception cref="IptablesException">The program could not be started.</exception>
    public async Task<CommandResult> RunAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken, Action<int>? started = null)
    {
        Prepare();
        using var process = _waiting ?? Command.Start(program, arguments);
        _waiting = null;
        started?.Invoke(process.Id);
        return await Command.FinishAsync(process, input, _ => { }, cancellationToken);
    }

    public void Dispose()
    {
        if (_waiting is null)
        {
            return;
        }

        try
        {
            _waiting.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }

        _waiting.Dispose();
        _waiting = null;
    }
}
