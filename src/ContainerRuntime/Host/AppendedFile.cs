using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NodeAgent.ContainerRuntime.Host;

/// <summary>Takes the front off a file of lines to which somebody else appends, so that nothing of what he appends is lost.</summary>
/// <remarks>
/// Linux can take whole blocks off a file's front (FALLOC_FL_COLLAPSE_RANGE; ext4 and xfs) while others append to it. So that the
/// cut is between two lines, a block of spaces is appended first: wherever it comes to lie, a block of the file begins in it. The
/// spaces that stay before the next line are white space to every reader of JSON.
/// </remarks>
internal sealed class AppendedFile : IDisposable
{
    // Of ext4 and xfs as they are made by default. Where blocks are larger the cut is refused.
    private const int Block = 4096;

    private readonly SafeFileHandle _file;
    private readonly string _path;

    /// <exception cref="IOException">It cannot be opened.</exception>
    public AppendedFile(string path)
    {
        _path = path;
        _file = Libc.Open(path, Libc.AppendCloseOnExec);
        if (_file.IsInvalid)
        {
            throw Failure("open");
        }
    }

    /// <summary>Appends the spaces.</summary>
    /// <returns>The length of the front: all that was in the file, and spaces.</returns>
    /// <exception cref="IOException">They cannot be written.</exception>
    public long MarkEnd()
    {
        Span<byte> blanks = stackalloc byte[Block];
        blanks.Fill((byte)' ');
        if (Libc.Write(_file, blanks, Block) != Block)
        {
            throw Failure("append to");
        }

        // Where an append ends is told only afterwards.
        var begin = Libc.Seek(_file, 0, Libc.FromCurrent) - Block;
        return begin < 0 ? throw Failure("find the end of") : (begin + Block - 1) / Block * Block;
    }

    /// <returns>False when the file system cannot do that.</returns>
    public bool TryRemoveFront(long length) => length == 0 || Libc.Allocate(_file, Libc.CollapseRange, 0, length) == 0;

    public void Dispose() => _file.Dispose();

    private IOException Failure(string what) => new($"cannot {what} {_path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
}
