using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace NodeAgent.Proxy.Iptables;

/// <summary>
/// A program that is started before it is needed and waits for its input: on the way of a change to the kernel nothing is
/// left to do but to write it. For one caller at a time.
/// </summary>
/// <param name="echoes">
/// Whether the program is thought to echo lines that start with # as soon as it comes to them, as <c>iptables-nft-restore -v</c>
/// does. It is then given input after input, and each echo says that the one before is carried out. One that turns out not to
/// echo, or that refuses an input after it took others, gets one input per process from then on.
/// </param>
/// <remarks>When the proxy ends, however it does, the program reads the end of its input and ends too.</remarks>
internal sealed class WaitingCommand(string program, IReadOnlyList<string> arguments, bool echoes = false) : IDisposable
{
    /// <summary>A process that has taken this many inputs, or bytes, makes room for a new one, and with it goes the memory that it has gathered.</summary>
    private const int MostInputs = 100;

    private const long MostBytes = 1 << 20;
    private bool _lasts = echoes;
    private Process? _waiting;
    private Task<string> _error = Task.FromResult("");
    private Task<string?> _firstEcho = Task.FromResult<string?>(null);
    private int _inputs;
    private long _bytes;
    private int _lines;
    private int _linesBefore;

    /// <summary>How long a new process may take to echo its first line.</summary>
    public TimeSpan EchoPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Starts the program unless it waits already. A failure is left to <see cref="RunAsync"/>, which tries again and says so.</summary>
    public void Prepare()
    {
        if (_waiting is { HasExited: false })
        {
            return;
        }

        Forget();
        try
        {
            Start();
        }
        catch (IptablesException)
        {
            // Told when it is needed.
        }
    }

    /// <param name="input">Whole lines.</param>
    /// <param name="started">Called with the program's process id, before it has read anything.</param>
    /// <exception cref="IptablesException">The program could not be started.</exception>
    public async Task<CommandResult> RunAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken, Action<int>? started = null)
    {
        Prepare();
        if (_lasts && _waiting is not null && !await EchoesAsync(cancellationToken))
        {
            _lasts = false;
            Dispose();
        }

        var process = _waiting ?? Start();
        started?.Invoke(process.Id);
        if (_lasts)
        {
            return await ServeAsync(process, input, cancellationToken);
        }

        _waiting = null;
        using (process)
        {
            return await Command.FinishAsync(process, input, _ => { }, cancellationToken);
        }
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

        Forget();
    }

    private static string Echo(int inputs) => string.Create(CultureInfo.InvariantCulture, $"# {inputs} inputs carried out");

    private Process Start()
    {
        var process = Command.Start(program, arguments);
        _waiting = process;
        (_inputs, _bytes, _lines) = (0, 0, 1);
        if (_lasts)
        {
            _error = process.StandardError.ReadToEndAsync();
            TryWriteEcho(process);
            _firstEcho = process.StandardOutput.ReadLineAsync();
        }

        return process;
    }

    private void Forget()
    {
        _waiting?.Dispose();
        _waiting = null;
    }

    private static void TryWriteEcho(Process process)
    {
        try
        {
            process.StandardInput.BaseStream.Write(Encoding.ASCII.GetBytes(Echo(0) + "\n"));
            process.StandardInput.BaseStream.Flush();
        }
        catch (IOException)
        {
            // It has ended already: its exit code and its error say why.
        }
    }

    private async Task<bool> EchoesAsync(CancellationToken cancellationToken)
    {
        if (_inputs > 0)
        {
            return true;
        }

        await Task.WhenAny(_firstEcho, Task.Delay(EchoPatience, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        return _firstEcho.IsCompletedSuccessfully && await _firstEcho == Echo(0);
    }

    private async Task<CommandResult> ServeAsync(Process process, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            _inputs++;
            _bytes += input.Length;
            _linesBefore = _lines;
            _lines += input.Span.Count((byte)'\n') + 1;
            var echo = Echo(_inputs);
            await WriteAsync(process, input, echo, cancellationToken);
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line == echo)
                {
                    if (_inputs >= MostInputs || _bytes >= MostBytes)
                    {
                        await EndAsync(process, cancellationToken);
                    }

                    return new CommandResult(0, "");
                }
            }

            _lasts = _inputs == 1;
            var result = await EndAsync(process, cancellationToken);
            return result with { ExitCode = result.ExitCode == 0 ? -1 : result.ExitCode };
        }
        catch (OperationCanceledException)
        {
            Dispose();
            throw;
        }
    }

    private static async Task WriteAsync(Process process, ReadOnlyMemory<byte> input, string echo, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            await process.StandardInput.BaseStream.WriteAsync(Encoding.ASCII.GetBytes(echo + "\n"), cancellationToken);
            await process.StandardInput.BaseStream.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // The program ended before it read everything: its exit code and its error say why.
        }
    }

    private async Task<CommandResult> EndAsync(Process process, CancellationToken cancellationToken)
    {
        _waiting = null;
        using (process)
        {
            try
            {
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended already.
            }

            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, (await _error).Trim(), _linesBefore);
        }
    }
}
