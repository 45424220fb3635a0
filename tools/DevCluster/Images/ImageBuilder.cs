using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace NodeAgent.DevCluster.Images;

/// <summary>Makes an image out of files of this host. The same files give the same image.</summary>
public sealed class ImageBuilder : IDisposable
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Shared = (UnixFileMode)0b111_111_111 | UnixFileMode.StickyBit;

    private static readonly string[] Environment = ["PATH=/bin"];

    private readonly MemoryStream _layer = new();
    private readonly TarWriter _tar;

    public ImageBuilder() => _tar = new TarWriter(_layer, TarEntryFormat.Ustar, leaveOpen: true);

    public ImageBuilder AddFolder(string path, bool writableForAll = false) =>
        Add(new UstarTarEntry(TarEntryType.Directory, path + "/") { Mode = writableForAll ? Shared : Executable });

    public ImageBuilder AddProgram(string path, string hostPath) =>
        Add(new UstarTarEntry(TarEntryType.RegularFile, path) { Mode = Executable, DataStream = new MemoryStream(File.ReadAllBytes(hostPath)) });

    public ImageBuilder AddText(string path, string text) =>
        Add(new UstarTarEntry(TarEntryType.RegularFile, path) { Mode = Plain, DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)) });

    public ImageBuilder AddLink(string path, string target) =>
        Add(new UstarTarEntry(TarEntryType.SymbolicLink, path) { Mode = Executable, LinkName = target });

    public TestImage Build(string name, IReadOnlyList<string> entrypoint, IReadOnlyList<string> command)
    {
        _tar.Dispose();
        var layer = _layer.ToArray();
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            created = "1970-01-01T00:00:00Z",
            architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64",
            os = "linux",
            config = new { Env = Environment, Entrypoint = entrypoint, Cmd = command, WorkingDir = "/" },
            rootfs = new { type = "layers", diff_ids = new[] { "sha256:" + Convert.ToHexStringLower(SHA256.HashData(layer)) } },
            history = new[] { new { created = "1970-01-01T00:00:00Z", created_by = "NodeAgent tests" } },
        });
        return new TestImage(name, layer, config);
    }

    public void Dispose()
    {
        _tar.Dispose();
        _layer.Dispose();
    }

    private ImageBuilder Add(UstarTarEntry entry)
    {
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        _tar.WriteEntry(entry);
        return this;
    }
}
