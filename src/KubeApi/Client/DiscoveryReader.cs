using System.Net;
using System.Text.Json;
using NodeAgent.KubeApi.Client.Wire;

namespace NodeAgent.KubeApi.Client;

/// <summary>Asks the server once what it serves; a failed answer is not remembered.</summary>
/// <remarks>Servers since v1.26 say all of it in two answers; older ones are asked per group and version.</remarks>
internal sealed class DiscoveryReader(RequestSender sender) : IDisposable
{
    private const string AcceptAll = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

    private readonly SemaphoreSlim _gate = new(1);
    private volatile Discovery? _known;

    public async Task<Discovery> ReadOnceAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known)
        {
            return known;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _known ??= await ReadAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Discovery> ReadAsync(CancellationToken cancellationToken)
    {
        using var version = await GetAsync("version", "application/json", cancellationToken);
        var resources = new HashSet<(string, string)>();
        foreach (var root in (string[])["api", "apis"])
        {
            using var answer = await GetAsync(root, AcceptAll, cancellationToken);
            if (answer.RootElement.TryGetProperty("items", out var groups))
            {
                AddAll(groups, resources);
            }
            else
            {
                await AddEachAsync(root, answer.RootElement, resources, cancellationToken);
            }
        }

        return new Discovery(version.RootElement.GetProperty("gitVersion").GetString() ?? "", resources);
    }

    private static void AddAll(JsonElement groups, HashSet<(string, string)> resources)
    {
        foreach (var group in groups.EnumerateArray())
        {
            var name = group.GetProperty("metadata").TryGetProperty("name", out var text) ? text.GetString() : null;
            foreach (var version in Elements(group, "versions"))
            {
                var versionName = version.GetProperty("version").GetString();
                var groupVersion = string.IsNullOrEmpty(name) ? versionName! : $"{name}/{versionName}";
                foreach (var resource in Elements(version, "resources"))
                {
                    var plural = resource.GetProperty("resource").GetString()!;
                    resources.Add((groupVersion, plural));
                    foreach (var subresource in Elements(resource, "subresources"))
                    {
                        resources.Add((groupVersion, $"{plural}/{subresource.GetProperty("subresource").GetString()}"));
                    }
                }
            }
        }
    }

    private async Task AddEachAsync(string root, JsonElement answer, HashSet<(string, string)> resources, CancellationToken cancellationToken)
    {
        var served = root == "api"
            ? Elements(answer, "versions").Select(v => v.GetString()!)
            : Elements(answer, "groups").SelectMany(g => Elements(g, "versions")).Select(v => v.GetProperty("groupVersion").GetString()!);
        var ours = KubeApi.Resources.All.Select(r => r.ApiVersion).ToHashSet();
        foreach (var groupVersion in served.Where(ours.Contains).ToList())
        {
            await AddGroupVersionAsync(root, groupVersion, resources, cancellationToken);
        }
    }

    private async Task AddGroupVersionAsync(string root, string groupVersion, HashSet<(string, string)> resources, CancellationToken cancellationToken)
    {
        try
        {
            using var list = await GetAsync($"{root}/{groupVersion}", "application/json", cancellationToken);
            foreach (var resource in Elements(list.RootElement, "resources"))
            {
                resources.Add((groupVersion, resource.GetProperty("name").GetString()!));
            }
        }
        catch (KubeApiException e) when (e.Code == HttpStatusCode.NotFound)
        {
            // The group went away between the two questions.
        }
    }

    private static JsonElement.ArrayEnumerator Elements(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : default;

    private async Task<JsonDocument> GetAsync(string path, string accept, CancellationToken cancellationToken)
    {
        var request = new ApiRequest($"discover /{path}", HttpMethod.Get, path, accept, IsLimited: false);
        using var response = await sender.SendAsync(request, cancellationToken);
        try
        {
            using var reader = new WireReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            return JsonDocument.Parse((await reader.ReadToEndAsync(cancellationToken)).ToArray());
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw new KubeConnectionException(request.Operation, sender.Server, e);
        }
    }
}
