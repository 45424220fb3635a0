using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodeAgent.Kubelet.Checkpoints;

namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>
/// The records as files below image_manager/, under upstream's names and in its form: pulling/ has the pulls that began and did
/// not end, pulled/ the images that came. Each is written by rename. Not safe for use at the same time.
/// </summary>
/// <param name="rootDirectory">The kubelet's folder.</param>
internal sealed class PullRecordFiles(string rootDirectory)
{
    private const string ApiVersion = "kubelet.config.k8s.io/v1beta1";
    private const string Prefix = "sha256-";

    private readonly string _pulling = Path.Combine(rootDirectory, "image_manager", "pulling");
    private readonly string _pulled = Path.Combine(rootDirectory, "image_manager", "pulled");

    public int IntentCount => Files(_pulling).Count();

    public int PulledCount => Files(_pulled).Count();

    public void WriteIntent(string image) => Write(_pulling, image, "ImagePullIntent", w => w.WriteString("image", image));

    public bool HasIntent(string image) => Read(FileOf(_pulling, image), r => r.GetProperty("image").GetString()) == image;

    /// <returns>Images of which a pull began and did not end; what cannot be read is left out.</returns>
    public IReadOnlyList<string> Intents() => All(_pulling, r => r.GetProperty("image").GetString());

    public void DeleteIntent(string image) => File.Delete(FileOf(_pulling, image));

    /// <returns>Null when there is none.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="JsonException">It is broken.</exception>
    public ImagePulledRecord? Pulled(string imageRef) => Read(FileOf(_pulled, imageRef), ImagePulledRecord.Read) is { } record && record.ImageRef == imageRef ? record : null;

    /// <returns>What cannot be read is left out.</returns>
    public IReadOnlyList<ImagePulledRecord> AllPulled() => All(_pulled, ImagePulledRecord.Read);

    public void WritePulled(ImagePulledRecord record) => Write(_pulled, record.ImageRef, ImagePulledRecord.Kind, record.Write);

    public void DeletePulled(string imageRef) => File.Delete(FileOf(_pulled, imageRef));

    private static string FileOf(string folder, string name) => Path.Combine(folder, Prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name))));

    private static IEnumerable<string> Files(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, Prefix + "*").Where(f => !f.EndsWith(WholeFile.Unfinished, StringComparison.Ordinal)) : [];

    private static void Write(string folder, string name, string kind, Action<Utf8JsonWriter> fields)
    {
        var record = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(record))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", kind);
            writer.WriteString("apiVersion", ApiVersion);
            fields(writer);
            writer.WriteEndObject();
        }

        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        WholeFile.Write(FileOf(folder, name), record.WrittenSpan);
    }

    private static T? Read<T>(string path, Func<JsonElement, T> read)
        where T : class?
    {
        // Most images that a container starts from have none.
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return read(document.RootElement);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException)
        {
            throw new JsonException($"{path} is no record of an image: {e.Message}", e);
        }
    }

    private static List<T> All<T>(string folder, Func<JsonElement, T?> read)
        where T : class
    {
        List<T> found = [];
        foreach (var file in Files(folder))
        {
            try
            {
                if (Read(file, read) is { } record)
                {
                    found.Add(record);
                }
            }
            catch (Exception e) when (e is JsonException or IOException)
            {
                // As good as none: the image's next user has to show its login.
            }
        }

        return found;
    }
}
