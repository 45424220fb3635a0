namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>Where the API server has objects, those with a namespace in <c>default</c>.</summary>
internal static class ObjectPaths
{
    /// <param name="kind">As kubectl takes it.</param>
    public static string Of(string kind, string name) => kind switch
    {
        "pod" or "service" or "endpoints" or "persistentvolumeclaim" => $"/api/v1/namespaces/default/{kind.TrimEnd('s')}s/{name}",
        "node" => $"/api/v1/nodes/{name}",
        "deployment" => $"/apis/apps/v1/namespaces/default/deployments/{name}",
        "job" => $"/apis/batch/v1/namespaces/default/jobs/{name}",
        "csinode" => $"/apis/storage.k8s.io/v1/csinodes/{name}",
        "volumeattachment" => $"/apis/storage.k8s.io/v1/volumeattachments/{name}",
        "resourceslice" => $"/apis/resource.k8s.io/v1/resourceslices/{name}",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "its path is not in this table"),
    };
}
