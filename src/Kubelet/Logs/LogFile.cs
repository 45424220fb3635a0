namespace NodeAgent.Kubelet.Logs;

/// <summary>An open log file that can tell whether it has been renamed or deleted since.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly string _descriptorLink;
    private readonly string? _openedAs;

    private LogFile(FileStream content)
    {
        Content = content;
        _descriptorLink = $"/proc/self/fd/{content.SafeFileHandle.DangerousGetHandle()}";
        _openedAs = Name();
    }

    public FileStream Content { get; }

    /// <summary>The engine writes to another file by now, or soon will.</summary>
    public bool IsRotated => Name() != _openedAs;

    /// <returns>Null when there is no such file.</returns>
    public static LogFile? TryOpen(string path)
    {
        try
        {
            return new LogFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Goes to the beginning of the last lines of the file.</summary>
    public async Task SeekToTailAsync(long lines, CancellationToken cancellationToken)
    {
        var position = Content.Length;
        var newlines = 0L;
        var block = new byte[16 * 1024];
        if (lines == 0)
        {
            Content.Position = position;
            return;
        }

        while (position > 0)
        {
            var length = (int)Math.Min(block.Length, position);
            position -= length;
            Content.Position = position;
            await Content.ReadExactlyAsync(block.AsMemory(0, length), cancellationToken);
            for (var i = length - 1; i >= 0; i--)
            {
                // The newline that ends the last line ends no line before it.
                if (block[i] == '\n' && position + i != Content.Length - 1 && ++newlines == lines)
                {
                    Content.Position = position + i + 1;
                    return;
                }
            }
        }

        Content.Position = 0;
    }

    public void Dispose() => Content.Dispose();

    private string? Name() => new FileInfo(_descriptorLink).LinkTarget;
}
