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

    /// <summary>What the file is called now.</summary>
    public string? CurrentName => Name();

    /// <summary>The engine's file has lost its front, or all that was in it, after that was copied under a rotated name.</summary>
    public bool IsEmptied => Content.Length < Content.Position;

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

    public void Dispose() => Content.Dispose();

    private string? Name() => new FileInfo(_descriptorLink).LinkTarget;
}
