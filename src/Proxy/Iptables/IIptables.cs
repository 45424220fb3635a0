using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Iptables;

/// <summary>The packet filter tables of one family.</summary>
internal interface IIptables
{
    /// <summary>Reads all tables. Takes up to seconds where there are many rules.</summary>
    Task<KernelState> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Whether every canary chain is there, and the jumps of the OUTPUT chains. Cheap, unlike reading the tables.</summary>
    Task<bool> HasCanariesAsync(CancellationToken cancellationToken);

    /// <summary>Above this many chains one restore into tables that nothing leads into yet takes longer than several.</summary>
    int MaxChainsPerRestore { get; }

    /// <summary>The same for a restore into tables that are in use, where each restore costs a walk of the kernel's through all of them.</summary>
    int MaxChainsPerChange { get; }

    /// <summary>Carries out <c>iptables-restore --noflush</c> with this text: a table is changed whole or not at all.</summary>
    /// <exception cref="IptablesException">The text was refused; tables before the refused one are changed.</exception>
    Task RestoreAsync(ReadOnlyMemory<byte> text, CancellationToken cancellationToken);

    /// <summary>Called when there is time: gets ready for the next write.</summary>
    void Prepare();
}
