using System.Globalization;
using System.Text.RegularExpressions;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>Makes the environment of a container: envFrom, then env, then the variables of services that nothing else set.</summary>
internal sealed partial class EnvironmentBuilder(IReferencedObjects objects)
{
    private static readonly Dictionary<string, string> NoVolumes = [];

    /// <param name="volumes">Volume name to path on the host; what fileKeyRef reads from.</param>
    /// <exception cref="ContainerConfigException">Something that the environment needs is not there.</exception>
    public async Task<IReadOnlyList<KeyValuePair<string, string>>> BuildAsync(
        Pod pod, Container container, DownwardFields fields, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? volumes = null)
    {
        List<string> order = [];
        Dictionary<string, string> values = [];
        void Set(string name, string value)
        {
            if (!values.ContainsKey(name))
            {
                order.Add(name);
            }

            values[name] = value;
        }

        foreach (var source in container.EnvFrom)
        {
            foreach (var (key, value) in await ReadSourceAsync(pod, source, cancellationToken))
            {
                Set(source.Prefix + key, value);
            }
        }

        // Variables of services may be used in values, but are the first to give way.
        var services = await ServiceVariablesAsync(pod, cancellationToken);
        foreach (var variable in container.Env)
        {
            if (variable.Value.Length == 0 && variable.ValueFrom is { } from)
            {
                if (await ReadValueAsync(pod, container, from, fields, volumes ?? NoVolumes, cancellationToken) is { } found)
                {
                    Set(variable.Name, found);
                }
            }
            else
            {
                Set(variable.Name, VariableExpansion.Expand(variable.Value, name => values.GetValueOrDefault(name) ?? services.GetValueOrDefault(name)));
            }
        }

        foreach (var (name, value) in services.Where(s => !values.ContainsKey(s.Key)).ToList())
        {
            Set(name, value);
        }

        return [.. order.Select(name => KeyValuePair.Create(name, values[name]))];
    }

    private async Task<IEnumerable<KeyValuePair<string, string>>> ReadSourceAsync(Pod pod, EnvFromSource source, CancellationToken cancellationToken)
    {
        var ns = pod.Metadata.Namespace;
        if (source.ConfigMapRef is { } mapRef)
        {
            var name = mapRef.LocalObjectReference.Name;
            var map = await objects.ConfigMapAsync(ns, name, cancellationToken);
            return map is null ? Missing(mapRef.Optional, $"configmap \"{name}\" not found") : map.Data.Where(d => IsName(source.Prefix + d.Key));
        }

        if (source.SecretRef is { } secretRef)
        {
            var name = secretRef.LocalObjectReference.Name;
            var secret = await objects.SecretAsync(ns, name, cancellationToken);
            return secret is null
                ? Missing(secretRef.Optional, $"secret \"{name}\" not found")
                : secret.Data.Where(d => IsName(source.Prefix + d.Key)).Select(d => KeyValuePair.Create(d.Key, d.Value.ToStringUtf8()));
        }

        return [];

        static IEnumerable<KeyValuePair<string, string>> Missing(bool optional, string message) => optional ? [] : throw new ContainerConfigException(message);
    }

    private async Task<string?> ReadValueAsync(Pod pod, Container container, EnvVarSource from, DownwardFields fields, IReadOnlyDictionary<string, string> volumes, CancellationToken cancellationToken)
    {
        var ns = pod.Metadata.Namespace;
        if (from.FieldRef is { } field)
        {
            return fields.Field(pod, field.FieldPath);
        }

        if (from.ResourceFieldRef is { } resource)
        {
            return fields.Resource(pod, resource, container);
        }

        if (from.ConfigMapKeyRef is { } mapKey)
        {
            var name = mapKey.LocalObjectReference.Name;
            if (await objects.ConfigMapAsync(ns, name, cancellationToken) is not { } map)
            {
                return mapKey.Optional ? null : throw new ContainerConfigException($"configmap \"{name}\" not found");
            }

            return map.Data.TryGetValue(mapKey.Key, out var value)
                ? value
                : mapKey.Optional ? null : throw new ContainerConfigException($"couldn't find key {mapKey.Key} in ConfigMap {ns}/{name}");
        }

        if (from.SecretKeyRef is { } secretKey)
        {
            var name = secretKey.LocalObjectReference.Name;
            if (await objects.SecretAsync(ns, name, cancellationToken) is not { } secret)
            {
                return secretKey.Optional ? null : throw new ContainerConfigException($"secret \"{name}\" not found");
            }

            return secret.Data.TryGetValue(secretKey.Key, out var value)
                ? value.ToStringUtf8()
                : secretKey.Optional ? null : throw new ContainerConfigException($"couldn't find key {secretKey.Key} in Secret {ns}/{name}");
        }

        return from.FileKeyRef is { } file ? EnvironmentFile.Read(file, volumes) : "";
    }

    private async Task<Dictionary<string, string>> ServiceVariablesAsync(Pod pod, CancellationToken cancellationToken)
    {
        Dictionary<string, string> variables = [];
        var links = !pod.Spec.HasEnableServiceLinks || pod.Spec.EnableServiceLinks;
        foreach (var service in await objects.ServicesAsync(pod.Metadata.Namespace, complete: !pod.IsStatic(), cancellationToken))
        {
            var isApiServer = service.Metadata is { Namespace: "default", Name: "kubernetes" };
            var isOwn = service.Metadata.Namespace == pod.Metadata.Namespace;
            if ((isApiServer || (links && isOwn)) && service.Spec is { ClusterIP: not ("" or "None"), Ports.Count: > 0 })
            {
                AddService(variables, service);
            }
        }

        return variables;
    }

    internal static void AddService(Dictionary<string, string> variables, Service service)
    {
        var name = Variable(service.Metadata.Name);
        var ip = service.Spec.ClusterIP;
        var host = ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : ip;
        variables[$"{name}_SERVICE_HOST"] = ip;
        variables[$"{name}_SERVICE_PORT"] = Number(service.Spec.Ports[0].Port);
        foreach (var port in service.Spec.Ports.Where(p => p.Name.Length > 0))
        {
            variables[$"{name}_SERVICE_PORT_{Variable(port.Name)}"] = Number(port.Port);
        }

        for (var i = 0; i < service.Spec.Ports.Count; i++)
        {
            var port = service.Spec.Ports[i];
            var protocol = port.Protocol.Length > 0 ? port.Protocol : "TCP";
            var url = $"{protocol.ToLowerInvariant()}://{host}:{port.Port}";
            if (i == 0)
            {
                variables[$"{name}_PORT"] = url;
            }

            var prefix = $"{name}_PORT_{port.Port}_{protocol.ToUpperInvariant()}";
            variables[prefix] = url;
            variables[$"{prefix}_PROTO"] = protocol.ToLowerInvariant();
            variables[$"{prefix}_PORT"] = Number(port.Port);
            variables[$"{prefix}_ADDR"] = ip;
        }

        static string Variable(string text) => text.Replace('-', '_').ToUpperInvariant();
        static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
    }

    private static bool IsName(string name) => NamePattern().IsMatch(name);

    [GeneratedRegex("^[^=\\x00-\\x1f\\x7f]+$")]
    private static partial Regex NamePattern();
}
