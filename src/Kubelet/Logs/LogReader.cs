namespace NodeAgent.Kubelet.Logs;

/// <summary>Reads a container's log in CRI's format, and goes on as it grows and is rotated.</summary>
internal sealed class LogReader(TimeProvider time)
{
    /// <summary>How soon a follower sees a new line. Looking costs one read; a watch would cost one of the host's few inotify instances per follower.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How often the engine is asked whether the container still runs while its log is quiet.</summary>
    private static readonly TimeSpan StateInterval = TimeSpan.FromSeconds(1);

    /// <summary>Longer lines than the engines write are cut.</summary>
    private const int MaxLine = 1 << 20;

    /// <param name="isRunning">Whether the container may write more; a follower ends when it may not.</param>
    /// <exception cref="LogRequestException">There is no log.</exception>
    public async Task CopyAsync(
        string path, PodLogOptions options, Func<CancellationToken, Task<bool>> isRunning, Stream output, CancellationToken cancellationToken)
    {
        var file = LogFile.TryOpen(path) ?? throw new LogRequestException(400, $"the log file {path} does not exist");
        try
        {
            var missing = options.TailLines is { } lines ? await LogTail.SeekAsync(file.Content, lines, cancellationToken) : (long?)null;
            using var writer = new LogLineWriter(options, output);
            var lineBuffer = new LineBuffer(MaxLine);
            if (!await DrainOlderAsync(path, file.CurrentName, missing, options.Since, lineBuffer, writer, cancellationToken))
            {
                return;
            }

            var lastAsked = time.GetTimestamp();
            var running = true;
            while (true)
            {
                // Asked before the read: what a container wrote before it ended is then read before the end is acted on.
                var rotated = file.IsRotated;
                if (options.Follow && (rotated || time.GetElapsedTime(lastAsked) >= StateInterval))
                {
                    running = await isRunning(cancellationToken);
                    lastAsked = time.GetTimestamp();
                }

                if (!await DrainNewsAsync(path, file, lineBuffer, writer, cancellationToken))
                {
                    return;
                }

                await output.FlushAsync(cancellationToken);
                if (!options.Follow)
                {
                    return;
                }

                if (rotated && LogFile.TryOpen(path) is { } next)
                {
                    // The engine has the new file by now, so that the old one has all its lines.
                    var old = file;
                    file = next;
                    using (old)
                    {
                        if (!await DrainAsync(old.Content, lineBuffer, writer, cancellationToken))
                        {
                            return;
                        }
                    }

                    continue;
                }

                if (!running)
                {
                    return;
                }

                await Task.Delay(PollInterval, time, cancellationToken);
            }
        }
        finally
        {
            file.Dispose();
        }
    }

    private static async Task<bool> DrainOlderAsync(string path, string? newest, long? lines, DateTimeOffset? since, LineBuffer buffer, LogLineWriter writer, CancellationToken cancellationToken)
    {
        var older = await RotatedLogs.OpenAsync(path, newest, lines, since, cancellationToken);
        try
        {
            foreach (var stream in older)
            {
                if (!await DrainAsync(stream, buffer, writer, cancellationToken))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            foreach (var stream in older)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private static async Task<bool> DrainNewsAsync(string path, LogFile file, LineBuffer buffer, LogLineWriter writer, CancellationToken cancellationToken)
    {
        if (file.IsEmptied)
        {
            // What came between the last look and the rotation is only in the copy. What was seen beyond it is at the file's start now.
            var seen = file.Content.Position;
            file.Content.Position = 0;
            if (LogFiles.Rotated(path) is [.., var copy] && await RotatedLogs.TryOpenAsync(copy, cancellationToken) is { } rest)
            {
                await using (rest)
                {
                    rest.Position = Math.Min(seen, rest.Length);
                    file.Content.Position = Math.Max(seen - rest.Length, 0);
                    if (!await DrainAsync(rest, buffer, writer, cancellationToken))
                    {
                        return false;
                    }
                }
            }
        }

        return await DrainAsync(file.Content, buffer, writer, cancellationToken);
    }

    /// <returns>False when as much has been written as was asked for.</returns>
    private static async Task<bool> DrainAsync(Stream file, LineBuffer lines, LogLineWriter writer, CancellationToken cancellationToken)
    {
        while (await lines.FillAsync(file, cancellationToken) > 0)
        {
            if (!WriteLines(lines, writer))
            {
                await writer.FlushAsync(cancellationToken);
                return false;
            }

            await writer.FlushAsync(cancellationToken);
        }

        return true;
    }

    private static bool WriteLines(LineBuffer lines, LogLineWriter writer)
    {
        while (lines.TryTake(out var line))
        {
            if (!writer.Write(line))
            {
                return false;
            }
        }

        return true;
    }
}
