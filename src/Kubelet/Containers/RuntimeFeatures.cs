using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Containers;

/// <summary>What the runtime says that it can, asked when first needed and again after a failure.</summary>
internal sealed class RuntimeFeatures(IRuntimeService runtime)
{
    private static readonly Version FirstWithImageVolumes = new(2, 1);

    private Cri.StatusResponse? _status;
    private Cri.VersionResponse? _version;

    /// <remarks>For every mount of every container: asked once.</remarks>
    public async Task<bool> RecursiveReadOnlyAsync(string handler, CancellationToken cancellationToken) =>
        HandlerOf(_status ??= await AskAsync(cancellationToken), handler)?.RecursiveReadOnlyMounts ?? false;

    /// <summary>The same, as far as the runtime has been asked; null before.</summary>
    public bool? RecursiveReadOnly(string handler) => _status is { } status ? HandlerOf(status, handler)?.RecursiveReadOnlyMounts ?? false : null;

    /// <remarks>Asked again after a no: the runtime may be another one by then, and only pods that want a user namespace wait for the answer.</remarks>
    public async Task<bool> UserNamespacesAsync(string handler, CancellationToken cancellationToken)
    {
        if (_status is { } known && HandlerOf(known, handler)?.UserNamespaces == true)
        {
            return true;
        }

        _status = await AskAsync(cancellationToken);
        return HandlerOf(_status, handler)?.UserNamespaces ?? false;
    }

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

    private Task<Cri.StatusResponse> AskAsync(CancellationToken cancellationToken) => runtime.StatusAsync(verbose: false, cancellationToken);

    private static Cri.RuntimeHandlerFeatures? HandlerOf(Cri.StatusResponse status, string handler) => status.RuntimeHandlers.FirstOrDefault(h => h.Name == handler)?.Features;
}
