using System.Globalization;
using System.Text;

namespace NodeAgent.Hosting.Logging;

/// <summary>
/// Takes finished lines and writes them from a thread of its own, so that a reader of stderr that is slow or stuck never
/// holds up the daemon: what does not fit into the buffer is dropped, counted, and told of once there is room again.
/// </summary>
public sealed class LogSink : IDisposable
{
    private readonly Stream _output;
    private readonly int _capacity;
    private readonly Thread _thread;
    private readonly object _gate = new();

    // Guarded by _gate.
    private byte[] _filling = new byte[8 * 1024];
    private byte[] _writing = new byte[8 * 1024];
    private int _filled;
    private long _dropped;
    private bool _busy;
    private bool _stopping;

    /// <param name="output">Written to by one thread; not disposed.</param>
    /// <param name="capacity">Bytes that may wait.</param>
    public LogSink(Stream output, int capacity = 1024 * 1024)
    {
        _output = output;
        _capacity = capacity;
        _thread = new Thread(WriteLoop) { IsBackground = true, Name = "log writer" };
        _thread.Start();
    }

    /// <summary>Lines that had no room, ever.</summary>
    public long TotalDropped { get; private set; }

    /// <param name="line">In UTF-8, with its line end.</param>
    public void Write(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            if (_stopping || _filled + line.Length > _capacity)
            {
                _dropped++;
                TotalDropped++;
                return;
            }

            Append(line);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until what was written so far is out, or the time is over; false then.</summary>
    public bool Flush(TimeSpan atMost)
    {
        var end = Environment.TickCount64 + (long)atMost.TotalMilliseconds;
        lock (_gate)
        {
            while (_filled > 0 || _busy)
            {
                var left = end - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_gate, (int)left))
                {
                    return _filled == 0 && !_busy;
                }
            }
        }

        return true;
    }

    public void Dispose()
    {
        Flush(TimeSpan.FromSeconds(2));
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The caller holds the gate.</summary>
    private void Append(ReadOnlySpan<byte> line)
    {
        if (_filling.Length < _filled + line.Length)
        {
            Array.Resize(ref _filling, Math.Max(_filling.Length * 2, _filled + line.Length));
        }

        line.CopyTo(_filling.AsSpan(_filled));
        _filled += line.Length;
    }

    private void WriteLoop()
    {
        while (true)
        {
            int length;
            lock (_gate)
            {
                while (_filled == 0)
                {
                    if (_stopping)
                    {
                        return;
                    }

                    Monitor.Wait(_gate);
                }

                (_filling, _writing) = (_writing, _filling);
                length = _filled;
                _filled = 0;
                _busy = true;
            }

            TryWrite(_writing.AsSpan(0, length));
            lock (_gate)
            {
                _busy = false;
                if (_dropped > 0)
                {
                    var note = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_dropped} log lines were dropped: whoever reads them is too slow\n"));
                    _dropped = 0;
                    Append(note);
                }

                Monitor.PulseAll(_gate);
            }
        }
    }

    private void TryWrite(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _output.Write(bytes);
            _output.Flush();
        }
        catch (IOException)
        {
            // Nobody reads stderr any more (EPIPE); there is nowhere left to say so, and the daemon goes on.
        }
    }
}
