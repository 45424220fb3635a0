namespace NodeAgent.Proxy.Iptables;

/// <summary>Told of the proxy's own writes, so that those of others can be told from them. Must not block.</summary>
internal interface IWriteObserver
{
    /// <summary>A program that writes has been started and has not been given its input yet.</summary>
    void Writing(int processId);

    /// <summary>The program has ended, however it did.</summary>
    void Written();
}
