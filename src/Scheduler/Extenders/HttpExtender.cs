using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;

namespace NodeAgent.Scheduler.Extenders;

/// <summary>One extender: what it is asked, and what its answers mean. Every method throws <see cref="ExtenderException"/> when it fails.</summary>
internal sealed class HttpExtender(ExtenderConfiguration config, HttpClient client)
{
    private readonly HashSet<string> _managed = [.. config.ManagedResources.Select(r => r.Name)];

    public string Name => config.UrlPrefix;

    public bool IsIgnorable => config.Ignorable;

    public bool Filters => config.FilterVerb.Length > 0;

    public bool Prioritizes => config.PrioritizeVerb.Length > 0;

    public bool Preempts => config.PreemptVerb.Length > 0;

    public bool Binds => config.BindVerb.Length > 0;

    public long Weight => config.Weight;

    public bool IsInterestedIn(Pod pod) => _managed.Count == 0 || pod.Spec.Containers.Concat(pod.Spec.InitContainers).Any(NamesManaged);

    public FilterAnswer Filter(PodInfo pod, INodeTable nodes, NodeSet feasible)
    {
        var slots = new int[feasible.Count];
        feasible.CopyTo(slots);
        var answer = Send(config.FilterVerb, ExtenderJson.Args(pod, nodes, slots, config.NodeCacheCapable), json => FilterAnswer.Read(json, config.NodeCacheCapable));
        foreach (var name in answer.Nodes)
        {
            if (nodes.FindSlot(name) is not (>= 0 and var slot) || !feasible.Contains(slot))
            {
                throw new ExtenderException($"extender \"{Name}\" claims a filtered node \"{name}\" which is not found in the input node list");
            }
        }

        return answer;
    }

    /// <returns>Scores from 0 to 10 by node.</returns>
    public Dictionary<string, long> Prioritize(PodInfo pod, INodeTable nodes, int[] slots) =>
        Send(config.PrioritizeVerb, ExtenderJson.Args(pod, nodes, slots, config.NodeCacheCapable), json =>
        {
            var scores = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var host in json as JsonArray ?? [])
            {
                scores[ExtenderJson.Text(host, "Host") ?? ""] = ExtenderJson.Field(host, "Score")?.GetValue<long>() ?? 0;
            }

            return scores;
        });

    public List<Candidate> Preempt(PodInfo pod, INodeTable nodes, IReadOnlyList<Candidate> candidates) =>
        Send(config.PreemptVerb, ExtenderJson.PreemptionArgs(pod, nodes, candidates, config.NodeCacheCapable), json => ReadCandidates(json, nodes));

    public async Task BindAsync(PodInfo pod, string nodeName, CancellationToken cancellationToken)
    {
        using var request = Request(config.BindVerb, ExtenderJson.BindingArgs(pod, nodeName));
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            Check(response, config.BindVerb);
            if (ExtenderJson.Text(await JsonNode.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken), "Error") is { Length: > 0 } error)
            {
                throw new ExtenderException(error);
            }
        }
        catch (Exception e) when (IsFailure(e) && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(config.BindVerb, e);
        }
    }

    private List<Candidate> ReadCandidates(JsonNode? json, INodeTable nodes)
    {
        var left = new List<Candidate>();
        foreach (var (name, entry) in ExtenderJson.Field(json, "NodeNameToMetaVictims") as JsonObject ?? [])
        {
            if (nodes.FindSlot(name) is not (>= 0 and var slot))
            {
                throw new ExtenderException($"extender \"{Name}\" claims to preempt on node \"{name}\", which does not exist");
            }

            var victims = (ExtenderJson.Field(entry, "Pods") as JsonArray ?? []).Select(v => FindVictim(nodes[slot], ExtenderJson.Text(v, "UID") ?? "")).ToList();
            if (victims.Count > 0)
            {
                victims.Sort(Importance.Compare);
                left.Add(new Candidate(slot, victims, (int)(ExtenderJson.Field(entry, "NumPDBViolations")?.GetValue<long>() ?? 0)));
            }
            else if (!IsIgnorable)
            {
                throw new ExtenderException($"expected at least one victim pod on node \"{name}\"");
            }
        }

        return left;
    }

    /// <summary>On the decision loop, which waits: what comes next depends on the answer.</summary>
    private T Send<T>(string verb, JsonObject args, Func<JsonNode?, T> read)
    {
        using var request = Request(verb, args);
        try
        {
            using var response = client.Send(request);
            Check(response, verb);
            return read(JsonNode.Parse(response.Content.ReadAsStream()));
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Failed(verb, e);
        }
    }

    private static bool IsFailure(Exception e) => e is HttpRequestException or OperationCanceledException or IOException or JsonException or InvalidOperationException or FormatException;

    private ExtenderException Failed(string verb, Exception e) =>
        new($"failed {verb} with extender at URL {Url(verb)}: {(e is OperationCanceledException ? $"no answer within {client.Timeout.TotalSeconds} s" : e.Message)}", e);

    private void Check(HttpResponseMessage response, string verb)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new ExtenderException($"failed {verb} with extender at URL {Url(verb)}, code {(int)response.StatusCode}");
        }
    }

    private HttpRequestMessage Request(string verb, JsonObject args) => new(HttpMethod.Post, Url(verb))
    {
        Content = new ByteArrayContent(Encoding.UTF8.GetBytes(KubeJson.ToText(args))) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
    };

    private string Url(string verb) => $"{config.UrlPrefix.TrimEnd('/')}/{verb}";

    private bool NamesManaged(Container container) =>
        container.Resources is { } resources && (resources.Requests.Keys.Any(_managed.Contains) || resources.Limits.Keys.Any(_managed.Contains));

    private PodInfo FindVictim(NodeInfo node, string uid) =>
        node.Pods.FirstOrDefault(p => p.Uid == uid)
        ?? throw new ExtenderException($"extender: {Name} claims to preempt pod (UID: {uid}) on node: {node.Name}, but the pod is not found on that node");
}
