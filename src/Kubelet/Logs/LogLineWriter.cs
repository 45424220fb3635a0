namespace NodeAgent.Kubelet.Logs;

/// <summary>Turns lines of a CRI log into what the container wrote, as far as the options ask for it.</summary>
internal sealed class LogLineWriter(PodLogOptions options, Stream output) : IDisposable
{
    private readonly MemoryStream _pending = new();
    private long _left = options.LimitBytes ?? long.MaxValue;
    private bool _atLineStart = true;

    /// <returns>False when the limit of bytes is reached.</returns>
    public bool Write(ReadOnlySpan<byte> line)
    {
        if (!LogLine.TryParse(line, out var parsed) || !(parsed.IsStdout ? options.Stdout : options.Stderr))
        {
            return true;
        }

        if (options.Since is { } since && parsed.Time < since)
        {
            return true;
        }

        var before = _pending.Length;
        if (options.Timestamps && _atLineStart)
        {
            parsed.WriteTime(_pending);
            _pending.WriteByte((byte)' ');
        }

        _pending.Write(parsed.Text);
        if (!parsed.IsPartial)
        {
            _pending.WriteByte((byte)'\n');
        }

        _atLineStart = !parsed.IsPartial;
        var written = _pending.Length - before;
        if (written >= _left)
        {
            _pending.SetLength(before + _left);
            _left = 0;
            return false;
        }

        _left -= written;
        return true;
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_pending.Length > 0)
        {
            await output.WriteAsync(_pending.GetBuffer().AsMemory(0, (int)_pending.Length), cancellationToken);
            _pending.SetLength(0);
        }
    }

    public void Dispose() => _pending.Dispose();
}
