using System.Collections.Concurrent;
using System.Text.Json;

namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>The attachments of all sandboxes: a file each, written by rename, and read once.</summary>
internal sealed class CniAttachmentStore(string directory)
{
    private readonly Lazy<ConcurrentDictionary<string, CniAttachment>> _attachments = new(() => Load(directory), LazyThreadSafetyMode.PublicationOnly);

    public CniAttachment? Find(string containerId) => _attachments.Value.GetValueOrDefault(containerId);

    public IReadOnlyCollection<string> ContainerIds => [.. _attachments.Value.Keys];

    public void Save(CniAttachment attachment)
    {
        Directory.CreateDirectory(directory);
        var path = FileOf(attachment.ContainerId);
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(attachment, CniAttachmentJson.Default.CniAttachment));
        File.Move(path + ".tmp", path, overwrite: true);
        _attachments.Value[attachment.ContainerId] = attachment;
    }

    public void Delete(string containerId)
    {
        File.Delete(FileOf(containerId));
        _attachments.Value.TryRemove(containerId, out _);
    }

    private static ConcurrentDictionary<string, CniAttachment> Load(string directory)
    {
        var attachments = new ConcurrentDictionary<string, CniAttachment>();
        foreach (var file in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.json") : [])
        {
            try
            {
                var attachment = JsonSerializer.Deserialize(File.ReadAllBytes(file), CniAttachmentJson.Default.CniAttachment)!;
                attachments[attachment.ContainerId] = attachment;
            }
            catch (JsonException e)
            {
                throw new RuntimeException(
                    RuntimeErrorCode.Internal, $"cannot read {file}, which tells how to take a pod off its network: {e.Message}. Remove the file; the pod's address may stay taken", e);
            }
        }

        return attachments;
    }

    private string FileOf(string containerId) => Path.Combine(directory, containerId + ".json");
}
