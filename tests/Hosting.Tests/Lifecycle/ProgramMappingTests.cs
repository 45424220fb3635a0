using System.Text;
using NodeAgent.Hosting.Lifecycle;

namespace NodeAgent.Hosting.Tests.Lifecycle;

public sealed class ProgramMappingTests
{
    private const string Clean = "Rss:  16 kB\nAnonymous:             0 kB\nSwap:                  0 kB\nVmFlags: rd ex mr mw me\n";

    [Theory]
    [InlineData("7f1200000000-7f1200004000 r-xp 00001000 fe:00 123  /usr/lib/libc.so.6\n" + Clean, true)]
    [InlineData("7f1200000000-7f1200004000 r--p 00001000 fe:00 123  /opt/a file.dll\n" + Clean, true)]
    [InlineData("7f1200000000-7f1200004000 rw-p 00001000 fe:00 123  /usr/lib/libc.so.6\n" + Clean, false)]
    [InlineData("7f1200000000-7f1200004000 r--s 00001000 fe:00 123  /var/shared\n" + Clean, false)]
    [InlineData("7f1200000000-7f1200004000 r-xp 00000000 00:00 0 \n" + Clean, false)]
    [InlineData("7f1200000000-7f1200004000 r-xp 00000000 00:00 0  [vdso]\n" + Clean, false)]
    [InlineData("7f1200000000-7f1200004000 r-xp 00001000 fe:00 123  /usr/lib/libc.so.6\nAnonymous:     4 kB\nSwap:  0 kB\n", false)]
    [InlineData("7f1200000000-7f1200004000 r-xp 00001000 fe:00 123  /usr/lib/libc.so.6\nAnonymous:     0 kB\nSwap:  8 kB\n", false)]
    public void Read_OneMapping_OnlyAFileThatNothingHasWrittenTo(string smaps, bool expected)
    {
        var found = ProgramMapping.Read(new MemoryStream(Encoding.ASCII.GetBytes(smaps)));

        Assert.Equal(expected ? [new ProgramMapping(0x7f1200000000, 0x7f1200004000)] : [], found);
    }

    [Fact]
    public void Read_ManyMappingsInSmallPieces_EachJudgedByItsOwnLines()
    {
        var text = new StringBuilder();
        for (var i = 0; i < 300; i++)
        {
            text.Append($"{0x1000 * (i + 1):x}-{0x1000 * (i + 2):x} r-xp 00000000 fe:00 1 /{new string('x', i)}\nAnonymous: {(i % 3 == 0 ? 4 : 0)} kB\nSwap: 0 kB\n");
        }

        var found = ProgramMapping.Read(new Trickle(Encoding.ASCII.GetBytes(text.ToString())));

        Assert.Equal(Enumerable.Range(0, 300).Where(i => i % 3 != 0).Select(i => new ProgramMapping(0x1000ul * (ulong)(i + 1), 0x1000ul * (ulong)(i + 2))), found);
    }

    [Fact]
    public void Read_ThisProcess_FindsItsLibraries()
    {
        using var smaps = File.OpenRead("/proc/self/smaps");

        Assert.NotEmpty(ProgramMapping.Read(smaps));
    }

    /// <summary>Gives few bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 37)]);
    }
}
