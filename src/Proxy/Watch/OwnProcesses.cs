namespace NodeAgent.Proxy.Watch;

/// <summary>The programs that the proxy itself writes rules with. Safe for concurrent use.</summary>
/// <remarks>
/// The kernel names the writer of a transaction by its process id in the first PID namespace. Where the proxy runs in
/// another one, ids never match; there the name of the program counts while a write of the proxy's is under way or just over.
/// </remarks>
internal sealed class OwnProcesses
{
    private const int Remembered = 64;
    private const int AfterWriteMilliseconds = 500;
    private readonly Lock _lock = new();
    private readonly Queue<int> _ids = new();
    private bool _idsMatch;
    private int _writing;
    private long _lastWrite = long.MinValue / 2;

    public void Add(int id)
    {
        lock (_lock)
        {
            _ids.Enqueue(id);
            _writing++;
            if (_ids.Count > Remembered)
            {
                _ids.Dequeue();
            }
        }
    }

    public void Ended()
    {
        lock (_lock)
        {
            _writing = Math.Max(0, _writing - 1);
            _lastWrite = Environment.TickCount64;
        }
    }

    public bool IsOwn(int id, string name)
    {
        lock (_lock)
        {
            if (_ids.Contains(id))
            {
                _idsMatch = true;
                return true;
            }

            return !_idsMatch
                && (_writing > 0 || Environment.TickCount64 - _lastWrite < AfterWriteMilliseconds)
                && name is "iptables-nft-re" or "ip6tables-nft-r" or "iptables-restor" or "ip6tables-resto";
        }
    }
}
