using System.ComponentModel;
using System.Diagnostics;

namespace NodeAgent.Proxy.Iptables;

/// <summary>Runs one program to its end.</summary>
internal static class Command
{
    /// <param name="output">Called with each line of the program's output.</param>
    /// <exception cref="IptablesException">The program could not be started.</exception>
    public static async Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, Action<string> output, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments);
        return await FinishAsync(process, input, output, cancellationToken);
    }

    /// <summary>Starts a program, which gets its input from <see cref="FinishAsync"/>.</summary>
    /// <exception cref="IptablesException">The program could not be started.</exception>
    public static Process Start(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
            return process;
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new IptablesException($"cannot run {program}: {e.Message}; install the package iptables, or check PATH", e);
        }
    }

    /// <summary>Gives a program that was started its input and waits for its end. Cancelling ends it at once.</summary>
    public static async Task<CommandResult> FinishAsync(Process process, ReadOnlyMemory<byte> input, Action<string> output, CancellationToken cancellationToken)
    {
        try
        {
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            var write = WriteAsync(process, input, cancellationToken);
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                output(line);
            }

            await write;
            await process.WaitForExitAsync(cancellationToken);
            return new CommandResult(process.ExitCode, (await error).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static async Task WriteAsync(Process process, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended before it read everything: its exit code and its error say why.
        }
    }
}
