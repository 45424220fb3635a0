using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>Between .NET's time and the API's, which has whole seconds.</summary>
internal static class Timestamps
{
    public static Time ToTime(this DateTimeOffset value) => new() { Seconds = value.ToUnixTimeSeconds() };

    /// <summary>CRI tells times in nanoseconds since 1970.</summary>
    public static DateTimeOffset FromUnixNanoseconds(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
