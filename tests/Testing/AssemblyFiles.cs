using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace NodeAgent.Testing;

/// <summary>Assemblies as they would be, had they been built against something else.</summary>
public static class AssemblyFiles
{
    /// <summary>The same assembly with another version of one of its references.</summary>
    public static byte[] WithReference(string path, string reference, ushort major, ushort minor)
    {
        var bytes = File.ReadAllBytes(path);
        using var file = new PEReader(new MemoryStream(bytes));
        var metadata = file.GetMetadataReader();
        var handle = metadata.AssemblyReferences.Single(h => metadata.GetString(metadata.GetAssemblyReference(h).Name) == reference);
        var row = metadata.GetTableMetadataOffset(TableIndex.AssemblyRef) + (metadata.GetTableRowSize(TableIndex.AssemblyRef) * (metadata.GetRowNumber(handle) - 1));
        var offset = file.PEHeaders.MetadataStartOffset + row;
        BitConverter.GetBytes(major).CopyTo(bytes, offset);
        BitConverter.GetBytes(minor).CopyTo(bytes, offset + 2);
        return bytes;
    }
}
