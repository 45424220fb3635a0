using System.Text.Json;
using System.Text.Json.Serialization;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Scheduler.Config;

/// <summary>The configuration in force as JSON, for /configz.</summary>
internal static class ConfigText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new DurationConverter(), new RawConverter() },
    };

    public static string Write(KubeSchedulerConfiguration config) => JsonSerializer.Serialize(config, Options);

    private sealed class DurationConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => GoDuration.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(GoDuration.Format(value));
    }

    private sealed class RawConverter : JsonConverter<RawConfig>
    {
        public override RawConfig Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("arguments are only written");

        public override void Write(Utf8JsonWriter writer, RawConfig value, JsonSerializerOptions options) => writer.WriteRawValue(value.ToJson());
    }
}
