using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace NodeAgent.Proxy.Config;

/// <summary>Interim reading of the configuration file, until Hosting's binder is there.</summary>
internal static class ConfigFile
{
    public static KubeProxyConfiguration Read(string path)
    {
        var reader = new DeserializerBuilder()
            .WithNamingConvention(CamelCaseNamingConvention.Instance)
            .WithTypeConverter(new GoDurations())
            .WithAttributeOverride<KubeProxyConfiguration>(c => c.ClusterCIDR!, new YamlMemberAttribute { Alias = "clusterCIDR", ApplyNamingConventions = false })
            .WithAttributeOverride<KubeProxyConfiguration>(c => c.Iptables!, new YamlMemberAttribute { Alias = "iptables", ApplyNamingConventions = false })
            .Build();
        return reader.Deserialize<KubeProxyConfiguration>(File.ReadAllText(path)) ?? new KubeProxyConfiguration();
    }

    private sealed class GoDurations : IYamlTypeConverter
    {
        public bool Accepts(Type type) => type == typeof(TimeSpan) || type == typeof(TimeSpan?);

        public object? ReadYaml(IParser parser, Type type, ObjectDeserializer rootDeserializer)
        {
            var text = parser.Consume<Scalar>().Value;
            var total = TimeSpan.Zero;
            foreach (System.Text.RegularExpressions.Match part in System.Text.RegularExpressions.Regex.Matches(text, @"([\d.]+)(ms|s|m|h)"))
            {
                var number = double.Parse(part.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
                total += part.Groups[2].Value switch
                {
                    "ms" => TimeSpan.FromMilliseconds(number),
                    "s" => TimeSpan.FromSeconds(number),
                    "m" => TimeSpan.FromMinutes(number),
                    _ => TimeSpan.FromHours(number),
                };
            }

            return total;
        }

        public void WriteYaml(IEmitter emitter, object? value, Type type, ObjectSerializer serializer) => throw new NotSupportedException();
    }
}
