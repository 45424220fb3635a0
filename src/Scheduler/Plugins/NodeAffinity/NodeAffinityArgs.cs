using NodeAgent.Hosting.Config;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.Scheduler.Plugins.NodeAffinity;

/// <summary>The pluginConfig of NodeAffinity.</summary>
internal sealed record NodeAffinityArgs : IPluginArgs
{
    /// <summary>A node affinity, in the form that pods have it, that every pod of the profile has beside its own.</summary>
    public RawConfig? AddedAffinity { get; init; }

    /// <exception cref="FormatException">It is no node affinity; <see cref="Validate"/> says so too.</exception>
    public KubeApi.Core.V1.NodeAffinity? Read() =>
        AddedAffinity is null ? null : ManifestReader.ReadMessage<KubeApi.Core.V1.NodeAffinity>(AddedAffinity.ToJson(), "addedAffinity");

    public IEnumerable<string> Validate()
    {
        KubeApi.Core.V1.NodeAffinity? affinity = null;
        string? error = null;
        try
        {
            affinity = Read();
        }
        catch (FormatException e)
        {
            error = e.Message;
        }

        if (error is not null)
        {
            yield return $"addedAffinity: {error}";
        }

        var required = affinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        if (required is { NodeSelectorTerms.Count: 0 })
        {
            yield return "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: at least one term is wanted, or no node would do";
        }

        foreach (var (path, term) in (required?.NodeSelectorTerms ?? []).Select((t, i) => ($"requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[{i}]", t))
            .Concat((affinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select((t, i) => ($"preferredDuringSchedulingIgnoredDuringExecution[{i}].preference", t.Preference))))
        {
            if (term is not null && NodeSelectorTermMatcher.From(term)?.Error is { } wrong)
            {
                yield return $"addedAffinity.{path}: {wrong}";
            }
        }

        foreach (var (preferred, i) in (affinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Select((t, i) => (t, i)))
        {
            if (preferred.Weight is < 1 or > 100)
            {
                yield return $"addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[{i}].weight: {preferred.Weight} is not from 1 to 100";
            }
        }
    }
}
