using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Containers;

/// <summary>What the runtime says that it can, asked when first needed, and again after a failure and after a no: it may be another one by then.</summary>
internal sealed class RuntimeFeatures(IRuntimeService runtime)
{
    private static readonly Version FirstWithImageVolumes = new(2, 1);

    private Cri.StatusResponse? _status;
    private Cri.VersionResponse? _version;

    public async Task<bool> RecursiveReadOnlyAsync(string handler, CancellationToken cancellationToken) => await HasAsync(handler, f => f.RecursiveReadOnlyMounts, cancellationToken);

    /// <summary>The same, as far as the runtime has been asked; null before.</summary>
    public bool? RecursiveReadOnly(string handler) => _status is { } status ? HandlerOf(status, handler)?.RecursiveReadOnlyMounts ?? false : null;

    public async Task<bool> UserNamespacesAsync(string handler, CancellationToken cancellationToken) => await HasAsync(handler, f => f.UserNamespaces, cancellationToken);

    /// <returns>Why the runtime cannot mount images; null when it can.</returns>
    public async Task<string?> WhyNoImageVolumesAsync(CancellationToken cancellationToken)
    {
        var version = _version ??= await runtime.VersionAsync(cancellationToken);
        return WhyNoImageVolumes(version.RuntimeName, version.RuntimeVersion);
    }

    /// <summary>CRI has no flag for it: a containerd before 2.1 would mount something else without a word.</summary>
    internal static string? WhyNoImageVolumes(string name, string version)
    {
        if (name == "docker")
        {
            return "image volumes are not supported by Docker Engine: use containerd 2.1 or later";
        }

        var number = version.TrimStart('v').Split('-', '+', '~')[0];
        return name == "containerd" && Version.TryParse(number, out var parsed) && parsed < FirstWithImageVolumes
            ? $"image volumes need containerd 2.1 or later; this is {version}"
            : null;
    }

    private async Task<bool> HasAsync(string handler, Predicate<Cri.RuntimeHandlerFeatures> has, CancellationToken cancellationToken)
    {
        if (_status is { } known && HandlerOf(known, handler) is { } features && has(features))
        {
            return true;
        }

        _status = await runtime.StatusAsync(verbose: false, cancellationToken);
        return HandlerOf(_status, handler) is { } newest && has(newest);
    }

    private static Cri.RuntimeHandlerFeatures? HandlerOf(Cri.StatusResponse status, string handler) => status.RuntimeHandlers.FirstOrDefault(h => h.Name == handler)?.Features;
}
