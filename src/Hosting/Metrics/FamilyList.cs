using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace NodeAgent.Hosting.Metrics;

/// <summary>What a page of metrics may have at some time: its families as a JSON array, those without series too, which a scrape leaves out.</summary>
internal static class FamilyList
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>Objects of name, type, labels (in the order of the samples, without a histogram's <c>le</c>) and help.</returns>
    public static ReadOnlyMemory<byte> Write(IEnumerable<Collector> families)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartArray();
            foreach (var family in families)
            {
                json.WriteStartObject();
                json.WriteString("name", family.Name);
                json.WriteString("type", family.Type.ToString().ToLowerInvariant());
                json.WriteStartArray("labels");
                foreach (var label in family.LabelNames)
                {
                    json.WriteStringValue(label);
                }

                json.WriteEndArray();
                json.WriteString("help", family.Help);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return buffer.WrittenMemory;
    }
}
