using System.Text.Json;
using NodeAgent.Kubelet.Checkpoints;

namespace NodeAgent.Kubelet.Volumes.Csi;

/// <summary>vol_data.json as upstream writes it: what is needed to take a volume down when nothing else is known any more.</summary>
internal static class CsiData
{
    public const string Driver = "driverName";
    public const string Handle = "volumeHandle";
    public const string Lifecycle = "volumeLifecycleMode";

    private const string File = "vol_data.json";

    public static void Write(string folder, IReadOnlyDictionary<string, string> data) =>
        WholeFile.Write(Path.Combine(folder, File), JsonSerializer.SerializeToUtf8Bytes(data));

    /// <returns>Null when there is none.</returns>
    /// <exception cref="VolumeException">It cannot be read.</exception>
    public static IReadOnlyDictionary<string, string>? Read(string folder)
    {
        var path = Path.Combine(folder, File);
        try
        {
            return System.IO.File.Exists(path) ? JsonSerializer.Deserialize<Dictionary<string, string>>(System.IO.File.ReadAllText(path)) : null;
        }
        catch (JsonException e)
        {
            throw new VolumeException($"{path} is damaged: {e.Message}", e);
        }
    }
}
