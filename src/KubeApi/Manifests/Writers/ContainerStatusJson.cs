using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Manifests.Writers;

/// <summary>The part of <see cref="PodStatusJson"/> that each container has.</summary>
internal static class ContainerStatusJson
{
    public static JsonObject ToNode(ContainerStatus status) => new JsonFields()
        .Always("name", status.HasName, JsonValue.Create(status.Name))
        .Object("state", status.State, State)
        .Object("lastState", status.LastState, State)
        .Always("ready", status.HasReady, JsonValue.Create(status.Ready))
        .Always("restartCount", status.HasRestartCount, JsonValue.Create(status.RestartCount))
        .Always("image", status.HasImage, JsonValue.Create(status.Image))
        .Always("imageID", status.HasImageID, JsonValue.Create(status.ImageID))
        .Text("containerID", status.ContainerID)
        .Always("started", status.HasStarted, JsonValue.Create(status.Started))
        .Quantities("allocatedResources", status.AllocatedResources)
        .Object("resources", status.Resources, Resources)
        .List("volumeMounts", status.VolumeMounts, VolumeMount)
        .Object("user", status.User, User)
        .List("allocatedResourcesStatus", status.AllocatedResourcesStatus, ResourceHealth)
        .Always("stopSignal", status.HasStopSignal, JsonValue.Create(status.StopSignal))
        .Json;

    public static JsonObject Resources(ResourceRequirements resources) => new JsonFields()
        .Quantities("limits", resources.Limits)
        .Quantities("requests", resources.Requests)
        .List("claims", resources.Claims, c => new JsonFields()
            .Always("name", c.HasName, JsonValue.Create(c.Name))
            .Text("request", c.Request)
            .Json)
        .Json;

    private static JsonObject State(ContainerState state) => new JsonFields()
        .Object("waiting", state.Waiting, w => new JsonFields().Text("reason", w.Reason).Text("message", w.Message).Json)
        .Object("running", state.Running, r => new JsonFields().Instant("startedAt", r.StartedAt).Json)
        .Object("terminated", state.Terminated, Terminated)
        .Json;

    private static JsonObject Terminated(ContainerStateTerminated state) => new JsonFields()
        .Always("exitCode", state.HasExitCode, JsonValue.Create(state.ExitCode))
        .Number("signal", state.Signal)
        .Text("reason", state.Reason)
        .Text("message", state.Message)
        .Instant("startedAt", state.StartedAt)
        .Instant("finishedAt", state.FinishedAt)
        .Text("containerID", state.ContainerID)
        .Json;

    private static JsonObject VolumeMount(VolumeMountStatus mount) => new JsonFields()
        .Always("name", mount.HasName, JsonValue.Create(mount.Name))
        .Always("mountPath", mount.HasMountPath, JsonValue.Create(mount.MountPath))
        .Flag("readOnly", mount.ReadOnly)
        .Always("recursiveReadOnly", mount.HasRecursiveReadOnly, JsonValue.Create(mount.RecursiveReadOnly))
        .Object("volumeStatus", mount.VolumeStatus, s => new JsonFields()
            .Object("image", s.Image, i => new JsonFields().Text("imageRef", i.ImageRef).Json)
            .Json)
        .Json;

    private static JsonObject User(ContainerUser user) => new JsonFields()
        .Object("linux", user.Linux, l => new JsonFields()
            .Always("uid", l.HasUid, JsonValue.Create(l.Uid))
            .Always("gid", l.HasGid, JsonValue.Create(l.Gid))
            .List("supplementalGroups", l.SupplementalGroups, g => JsonValue.Create(g))
            .Json)
        .Json;

    private static JsonObject ResourceHealth(ResourceStatus status) => new JsonFields()
        .Always("name", status.HasName, JsonValue.Create(status.Name))
        .List("resources", status.Resources, r => new JsonFields()
            .Always("resourceID", r.HasResourceID, JsonValue.Create(r.ResourceID))
            .Text("health", r.Health)
            .Always("message", r.HasMessage, JsonValue.Create(r.Message))
            .Json)
        .Json;
}
