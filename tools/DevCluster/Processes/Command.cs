using System.Diagnostics;

namespace NodeAgent.DevCluster.Processes;

/// <summary>Runs a program to its end and collects what it prints.</summary>
public static class Command
{
    /// <exception cref="InvalidOperationException">The program ended with a code other than 0 (and <paramref name="throwOnFailure"/> is set).</exception>
    public static async Task<CommandResult> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        string? input = null,
        bool throwOnFailure = true,
        TimeSpan? timeout = null,
        IReadOnlyDictionary<string, string>? environment = null,
        CancellationToken cancellationToken = default)
    {
        var info = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[key] = value;
        }

        using var process = Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout ?? TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            if (input is not null)
            {
                await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            }

            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            var result = new CommandResult(process.ExitCode, await output, await error);
            return result.ExitCode == 0 || !throwOnFailure
                ? result
                : throw new InvalidOperationException($"`{program} {string.Join(' ', arguments)}` ended with {result.ExitCode}: {result.Error.Trim()} {result.Output.Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw new TimeoutException($"`{program} {string.Join(' ', arguments)}` did not end in time and was killed");
        }
    }
}

/// <summary>What a program printed and how it ended.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error);
