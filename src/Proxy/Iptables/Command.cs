using System.ComponentModel;
using System.Diagnostics;

namespace NodeAgent.Proxy.Iptables;

/// <summary>Runs one program to its end.</summary>
internal static class Command
{
    /// <param name="output">Called with each line of the program's output.</param>
    /// <param name="started">Called with the program's process id, before it has read anything.</param>
    /// <exception cref="IptablesException">The program could not be started.</exception>
    public static async Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input, Action<string> output, CancellationToken cancellationToken, Action<int>? started = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
            started?.Invoke(process.Id);
        }
        catch (Win32Exception e)
        {
            throw new IptablesException($"cannot run {program}: {e.Message}; install the package iptables, or check PATH", e);
        }

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
