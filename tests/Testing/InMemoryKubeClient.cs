using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.Testing;

/// <summary>
/// An API server in memory: resource versions, UIDs, conflicts, status subresources, finalizers, grace periods of pods,
/// bindings, patches, paged lists, and watches that resume. Objects handed in and out are copies.
/// </summary>
/// <remarks>Requests never wait, except for watches. <see cref="OnRequest"/> makes them fail or wait.</remarks>
public sealed class InMemoryKubeClient(TimeProvider? clock = null) : IKubeClient
{
    private const long DefaultGraceSeconds = 30;

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();
    private readonly Dictionary<Type, object> _tables = [];
    private long _version;
    private int _uids;

    public Uri Server { get; init; } = new("https://api.test:6443");

    /// <summary>Called before each request; what it throws is the answer. It may wait.</summary>
    public Func<RecordedRequest, CancellationToken, Task>? OnRequest { get; set; }

    /// <summary>Answers posts to subresources that are not pods/binding and pods/eviction.</summary>
    public Func<RecordedRequest, IMessage>? OnPost { get; set; }

    public Func<HttpRequestMessage, HttpResponseMessage>? OnRaw { get; set; }

    public Discovery Discovery { get; set; } = new("v1.36.2", ResourceTypes.All.Select(t => (t.ApiVersion, t.Plural)).ToHashSet());

    /// <summary>Every request so far, in order.</summary>
    public IReadOnlyList<RecordedRequest> Requests => [.. _requests];

    public void ClearRequests() => _requests.Clear();

    /// <summary>Puts an object there as it is, as somebody else would; not recorded as a request.</summary>
    public T Seed<T>(ResourceType<T> type, T value)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        lock (_lock)
        {
            var table = Table(type);
            var copy = value.Clone();
            copy.Metadata ??= new ObjectMeta();
            if (table.Find(copy.Metadata.Namespace, copy.Metadata.Name) is null)
            {
                Stamp(copy.Metadata);
            }

            return table.Put(copy, NextVersion()).Clone();
        }
    }

    /// <summary>The object as it is now, or null; not recorded as a request.</summary>
    public T? Peek<T>(ResourceType<T> type, string? namespaceName, string name)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        lock (_lock)
        {
            return Table(type).Find(namespaceName ?? "", name)?.Clone();
        }
    }

    public IReadOnlyList<T> PeekAll<T>(ResourceType<T> type)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        lock (_lock)
        {
            return [.. Table(type).Objects.Select(o => o.Clone())];
        }
    }

    /// <summary>Removes an object at once, as a forced deletion does; not recorded as a request.</summary>
    public void Remove<T>(ResourceType<T> type, string? namespaceName, string name)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        lock (_lock)
        {
            Table(type).Remove(namespaceName ?? "", name, NextVersion());
        }
    }

    /// <summary>Ends every watch of the type, as a server that restarts does.</summary>
    /// <param name="error">What the watchers get; null for a regular end.</param>
    /// <param name="forget">Whether old versions are forgotten, so that resuming gets 410.</param>
    public void BreakWatches<T>(ResourceType<T> type, Exception? error = null, bool forget = false)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        lock (_lock)
        {
            Table(type).EndWatches(error, forget);
        }
    }

    public async Task<T> GetAsync<T>(ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        await BeginAsync(new RecordedRequest("get", type.Plural, namespaceName, name), cancellationToken);
        lock (_lock)
        {
            return Required(type, namespaceName, name, "get").Clone();
        }
    }

    public async Task<KubeList<T>> ListAsync<T>(ResourceType<T> type, string? namespaceName, ListOptions options, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        await BeginAsync(new RecordedRequest("list", type.Plural, namespaceName, null), cancellationToken);
        lock (_lock)
        {
            var filter = new ObjectFilter(namespaceName, options.LabelSelector, options.FieldSelector);
            var all = Table(type).Objects.Where(filter.Matches).ToArray();
            var start = options.Continue is { } token ? int.Parse(token, CultureInfo.InvariantCulture) : 0;
            var end = options.Limit is { } limit ? Math.Min(all.Length, start + limit) : all.Length;
            return new KubeList<T>([.. all[start..end].Select(o => o.Clone())], VersionText, end < all.Length ? end.ToString(CultureInfo.InvariantCulture) : null);
        }
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceType<T> type, string? namespaceName, WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        await BeginAsync(new RecordedRequest("watch", type.Plural, namespaceName, null), cancellationToken);
        InMemoryWatch<T> watch;
        lock (_lock)
        {
            watch = Table(type).OpenWatch(new ObjectFilter(namespaceName, options.LabelSelector, options.FieldSelector), options, VersionText);
        }

        try
        {
            await foreach (var change in watch.Events.ReadAllAsync(cancellationToken))
            {
                yield return change with { Object = change.Object.Clone() };
            }
        }
        finally
        {
            lock (_lock)
            {
                Table(type).CloseWatch(watch);
            }
        }
    }

    public async Task<T> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        await BeginAsync(new RecordedRequest("create", type.Plural, value.Metadata?.Namespace, value.Metadata?.Name, value.Clone()), cancellationToken);
        lock (_lock)
        {
            var copy = value.Clone();
            copy.Metadata ??= new ObjectMeta();
            if (copy.Metadata.Name.Length == 0 && copy.Metadata.GenerateName.Length > 0)
            {
                copy.Metadata.Name = copy.Metadata.GenerateName + (_uids + 1).ToString("x5", CultureInfo.InvariantCulture);
            }

            if (Table(type).Find(copy.Metadata.Namespace, copy.Metadata.Name) is not null)
            {
                throw Failure("create", type, copy.Metadata.Name, HttpStatusCode.Conflict, "AlreadyExists", "already exists");
            }

            Stamp(copy.Metadata);
            return Table(type).Put(copy, NextVersion()).Clone();
        }
    }

    public async Task<T> UpdateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellationToken, string? subresource = null)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        await BeginAsync(new RecordedRequest("update", Path(type, subresource), value.Metadata.Namespace, value.Metadata.Name, value.Clone()), cancellationToken);
        lock (_lock)
        {
            var current = Required(type, value.Metadata.Namespace, value.Metadata.Name, "update");
            CheckPreconditions(type, current, value.Metadata.Uid, value.Metadata.ResourceVersion, "update");
            return Replace(type, current, value.Clone(), subresource);
        }
    }

    public async Task<T> PatchAsync<T>(ResourceType<T> type, string? namespaceName, string name, PatchType patchType, ReadOnlyMemory<byte> body, CancellationToken cancellationToken, string? subresource = null)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var text = Encoding.UTF8.GetString(body.Span);
        await BeginAsync(new RecordedRequest("patch", Path(type, subresource), namespaceName, name, Patch: text), cancellationToken);
        lock (_lock)
        {
            var current = Required(type, namespaceName, name, "patch");
            var patch = JsonNode.Parse(text)!;
            var metadata = patch is JsonObject ? patch["metadata"] : null;
            CheckPreconditions(type, current, (string?)metadata?["uid"] ?? "", (string?)metadata?["resourceVersion"] ?? "", "patch");
            var patched = PatchApplier.Apply(KubeJson.ToNode(current), patchType, patch);
            return Replace(type, current, ManifestReader.ReadMessage<T>(patched.ToJsonString(), "patched " + name), subresource);
        }
    }

    public async Task DeleteAsync<T>(ResourceType<T> type, string? namespaceName, string name, DeleteRequest request, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        await BeginAsync(new RecordedRequest("delete", type.Plural, namespaceName, name), cancellationToken);
        lock (_lock)
        {
            var current = Required(type, namespaceName, name, "delete");
            CheckPreconditions(type, current, request.Uid ?? "", request.ResourceVersion ?? "", "delete");
            Delete(type, current, request.GracePeriod);
        }
    }

    public async Task<TAnswer> PostSubresourceAsync<T, TBody, TAnswer>(ResourceType<T> type, string? namespaceName, string name, string subresource, string apiVersion, string kind, TBody body, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
        where TBody : IMessage
        where TAnswer : IMessage<TAnswer>, new()
    {
        var request = new RecordedRequest("post", Path(type, subresource), namespaceName, name, body);
        await BeginAsync(request, cancellationToken);
        lock (_lock)
        {
            if (body is Binding binding)
            {
                Bind(Required(Resources.Pods, namespaceName, name, "bind"), binding);
                return new TAnswer();
            }

            if (request.Resource == "pods/eviction")
            {
                Delete(Resources.Pods, Required(Resources.Pods, namespaceName, name, "evict"), null);
                return new TAnswer();
            }
        }

        return OnPost?.Invoke(request) is TAnswer answer ? answer : throw Failure("post", type, name, HttpStatusCode.NotFound, "NotFound", $"nothing answers {subresource}; set OnPost");
    }

    public Task<Discovery> DiscoverAsync(CancellationToken cancellationToken) => Task.FromResult(Discovery);

    public async Task<HttpResponseMessage> SendRawAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await BeginAsync(new RecordedRequest("raw", request.RequestUri?.ToString() ?? "", null, null), cancellationToken);
        return OnRaw?.Invoke(request) ?? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("ok") };
    }

    private static string Path(ResourceType type, string? subresource) => subresource is null ? type.Plural : $"{type.Plural}/{subresource}";

    private static KubeApiException Failure(string verb, ResourceType type, string name, HttpStatusCode code, string reason, string message) =>
        new($"{verb} {type.Plural} {name}", code, reason, $"{type.Plural} \"{name}\": {message}");

    private string VersionText => _version.ToString(CultureInfo.InvariantCulture);

    private string NextVersion()
    {
        _version++;
        return VersionText;
    }

    private async Task BeginAsync(RecordedRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _requests.Enqueue(request);
        if (OnRequest is { } hook)
        {
            await hook(request, cancellationToken);
        }
    }

    private InMemoryTable<T> Table<T>(ResourceType<T> type)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        if (!_tables.TryGetValue(typeof(T), out var table))
        {
            _tables[typeof(T)] = table = new InMemoryTable<T>(type);
        }

        return (InMemoryTable<T>)table;
    }

    private void Stamp(ObjectMeta metadata)
    {
        if (metadata.Uid.Length == 0)
        {
            metadata.Uid = string.Create(CultureInfo.InvariantCulture, $"00000000-0000-0000-0000-{++_uids:d12}");
        }

        metadata.CreationTimestamp ??= Time.From(_clock.GetUtcNow());
        metadata.Generation = metadata.Generation == 0 ? 1 : metadata.Generation;
    }

    private T Required<T>(ResourceType<T> type, string? namespaceName, string name, string verb)
        where T : class, IKubeObject, IMessage<T>, new() =>
        Table(type).Find(namespaceName ?? "", name) ?? throw Failure(verb, type, name, HttpStatusCode.NotFound, "NotFound", "not found");

    private static void CheckPreconditions<T>(ResourceType<T> type, T current, string uid, string resourceVersion, string verb)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        if ((uid.Length > 0 && uid != current.Metadata.Uid) || (resourceVersion.Length > 0 && resourceVersion != current.Metadata.ResourceVersion))
        {
            throw Failure(verb, type, current.Metadata.Name, HttpStatusCode.Conflict, "Conflict", "the object has been modified; please apply your changes to the latest version and try again");
        }
    }

    private T Replace<T>(ResourceType<T> type, T current, T wanted, string? subresource)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var status = wanted.Descriptor.FindFieldByName("status");
        var spec = wanted.Descriptor.FindFieldByName("spec");
        var result = wanted;
        if (subresource == "status" && status is not null)
        {
            result = current.Clone();
            Copy(status, wanted, result);
        }
        else if (status is not null && subresource is null)
        {
            Copy(status, current.Clone(), result);
        }

        result.Metadata.Uid = current.Metadata.Uid;
        result.Metadata.CreationTimestamp = current.Metadata.CreationTimestamp;
        result.Metadata.DeletionTimestamp = current.Metadata.DeletionTimestamp;
        result.Metadata.ResourceVersion = current.Metadata.ResourceVersion;
        result.Metadata.Generation = current.Metadata.Generation;
        if (result.Equals(current))
        {
            return current.Clone();
        }

        if (spec is not null && !Equals(spec.Accessor.GetValue(result), spec.Accessor.GetValue(current)))
        {
            result.Metadata.Generation++;
        }

        var isLastFinalizerGone = result.Metadata is { DeletionTimestamp: not null, Finalizers.Count: 0 } && current.Metadata.Finalizers.Count > 0;
        if (isLastFinalizerGone && result.Metadata.DeletionGracePeriodSeconds == 0)
        {
            Table(type).Remove(result.Metadata.Namespace, result.Metadata.Name, NextVersion());
            return result;
        }

        return Table(type).Put(result, NextVersion()).Clone();
    }

    private static void Copy(Google.Protobuf.Reflection.FieldDescriptor field, IMessage from, IMessage to)
    {
        if (field.Accessor.GetValue(from) is { } value)
        {
            field.Accessor.SetValue(to, value);
        }
        else
        {
            field.Accessor.Clear(to);
        }
    }

    private void Delete<T>(ResourceType<T> type, T current, TimeSpan? gracePeriod)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var seconds = current is not Pod { Spec.NodeName.Length: > 0 } pod || pod.IsTerminal
            ? 0
            : (long?)gracePeriod?.TotalSeconds ?? (pod.Spec.HasTerminationGracePeriodSeconds ? pod.Spec.TerminationGracePeriodSeconds : DefaultGraceSeconds);
        if (seconds == 0 && current.Metadata.Finalizers.Count == 0)
        {
            Table(type).Remove(current.Metadata.Namespace, current.Metadata.Name, NextVersion());
            return;
        }

        var marked = current.Clone();
        if (marked.Metadata.DeletionTimestamp is not null && marked.Metadata.DeletionGracePeriodSeconds <= seconds)
        {
            return;
        }

        marked.Metadata.DeletionTimestamp = Time.From(_clock.GetUtcNow().AddSeconds(seconds));
        marked.Metadata.DeletionGracePeriodSeconds = seconds;
        marked.Metadata.Generation++;
        Table(type).Put(marked, NextVersion());
    }

    private void Bind(Pod pod, Binding binding)
    {
        CheckPreconditions(Resources.Pods, pod, binding.Metadata?.Uid ?? "", "", "bind");
        if (pod.Spec.NodeName.Length > 0)
        {
            throw Failure("bind", Resources.Pods, pod.Metadata.Name, HttpStatusCode.Conflict, "Conflict", $"pod {pod.Metadata.Name} is already assigned to node \"{pod.Spec.NodeName}\"");
        }

        var bound = pod.Clone();
        bound.Spec.NodeName = binding.Target.Name;
        bound.Status ??= new PodStatus();
        bound.Status.Conditions.Add(new PodCondition { Type = "PodScheduled", Status = "True", LastTransitionTime = Time.From(_clock.GetUtcNow()) });
        Table(Resources.Pods).Put(bound, NextVersion());
    }
}
