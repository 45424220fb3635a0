namespace NodeAgent.Kubelet.Logs;

/// <summary>Cuts what is read from a growing file into lines; the end of a line may come with a later read.</summary>
internal sealed class LineBuffer(int maxLine)
{
    private byte[] _buffer = new byte[32 * 1024];
    private int _start;
    private int _end;

    /// <returns>The number of bytes read: 0 at the end of the file.</returns>
    public async Task<int> FillAsync(Stream source, CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length < maxLine)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
            else
            {
                // A line without end: its beginning is kept, the rest of it is dropped.
                _end = maxLine / 2;
            }
        }

        var read = await source.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read;
    }

    /// <param name="line">Without its newline; valid until the next fill.</param>
    public bool TryTake(out ReadOnlySpan<byte> line)
    {
        var rest = _buffer.AsSpan(_start, _end - _start);
        var newline = rest.IndexOf((byte)'\n');
        if (newline < 0)
        {
            line = default;
            return false;
        }

        line = rest[..newline];
        _start += newline + 1;
        return true;
    }
}
