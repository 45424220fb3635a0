using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Watch;

/// <summary>The sizes of the x_tables of one family.</summary>
internal interface ILegacyTables
{
    /// <exception cref="System.ComponentModel.Win32Exception">The kernel does not say.</exception>
    LegacyTableSize Read(Table table);
}
