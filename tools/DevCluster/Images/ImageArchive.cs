using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;

namespace NodeAgent.DevCluster.Images;

/// <summary>Images in one file, as docker save writes them; docker load and ctr images import read it.</summary>
public static class ImageArchive
{
    public static async Task WriteAsync(string path, IReadOnlyList<TestImage> images)
    {
        // Renamed into place, so that two runs at once never read half a file.
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():n}";
        await using (var file = File.Create(temporary))
        await using (var tar = new TarWriter(file, TarEntryFormat.Ustar))
        {
            var manifest = new List<object>();
            foreach (var image in images)
            {
                var id = Convert.ToHexStringLower(SHA256.HashData(image.Config));
                await AddAsync(tar, $"{id}.json", image.Config);
                await AddAsync(tar, $"{id}/layer.tar", image.Layer);
                manifest.Add(new { Config = $"{id}.json", RepoTags = new[] { image.Name }, Layers = new[] { $"{id}/layer.tar" } });
            }

            await AddAsync(tar, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(manifest));
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static Task AddAsync(TarWriter tar, string name, byte[] content) => tar.WriteEntryAsync(
        new UstarTarEntry(TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = new MemoryStream(content) });
}
