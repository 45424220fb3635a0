using Google.Protobuf;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>The methods of CRI v1 that the kubelet calls.</summary>
internal static class CriMethods
{
    public static readonly GrpcMethod<VersionRequest, VersionResponse> Version = Runtime<VersionRequest, VersionResponse>("Version", VersionResponse.Parser);
    public static readonly GrpcMethod<StatusRequest, StatusResponse> Status = Runtime<StatusRequest, StatusResponse>("Status", StatusResponse.Parser);
    public static readonly GrpcMethod<RunPodSandboxRequest, RunPodSandboxResponse> RunPodSandbox = Runtime<RunPodSandboxRequest, RunPodSandboxResponse>("RunPodSandbox", RunPodSandboxResponse.Parser);
    public static readonly GrpcMethod<StopPodSandboxRequest, StopPodSandboxResponse> StopPodSandbox = Runtime<StopPodSandboxRequest, StopPodSandboxResponse>("StopPodSandbox", StopPodSandboxResponse.Parser);
    public static readonly GrpcMethod<RemovePodSandboxRequest, RemovePodSandboxResponse> RemovePodSandbox = Runtime<RemovePodSandboxRequest, RemovePodSandboxResponse>("RemovePodSandbox", RemovePodSandboxResponse.Parser);
    public static readonly GrpcMethod<PodSandboxStatusRequest, PodSandboxStatusResponse> PodSandboxStatus = Runtime<PodSandboxStatusRequest, PodSandboxStatusResponse>("PodSandboxStatus", PodSandboxStatusResponse.Parser);
    public static readonly GrpcMethod<ListPodSandboxRequest, ListPodSandboxResponse> ListPodSandbox = Runtime<ListPodSandboxRequest, ListPodSandboxResponse>("ListPodSandbox", ListPodSandboxResponse.Parser);
    public static readonly GrpcMethod<CreateContainerRequest, CreateContainerResponse> CreateContainer = Runtime<CreateContainerRequest, CreateContainerResponse>("CreateContainer", CreateContainerResponse.Parser);
    public static readonly GrpcMethod<StartContainerRequest, StartContainerResponse> StartContainer = Runtime<StartContainerRequest, StartContainerResponse>("StartContainer", StartContainerResponse.Parser);
    public static readonly GrpcMethod<StopContainerRequest, StopContainerResponse> StopContainer = Runtime<StopContainerRequest, StopContainerResponse>("StopContainer", StopContainerResponse.Parser);
    public static readonly GrpcMethod<RemoveContainerRequest, RemoveContainerResponse> RemoveContainer = Runtime<RemoveContainerRequest, RemoveContainerResponse>("RemoveContainer", RemoveContainerResponse.Parser);
    public static readonly GrpcMethod<ListContainersRequest, ListContainersResponse> ListContainers = Runtime<ListContainersRequest, ListContainersResponse>("ListContainers", ListContainersResponse.Parser);
    public static readonly GrpcMethod<ContainerStatusRequest, ContainerStatusResponse> ContainerStatus = Runtime<ContainerStatusRequest, ContainerStatusResponse>("ContainerStatus", ContainerStatusResponse.Parser);
    public static readonly GrpcMethod<UpdateContainerResourcesRequest, UpdateContainerResourcesResponse> UpdateContainerResources = Runtime<UpdateContainerResourcesRequest, UpdateContainerResourcesResponse>("UpdateContainerResources", UpdateContainerResourcesResponse.Parser);
    public static readonly GrpcMethod<ReopenContainerLogRequest, ReopenContainerLogResponse> ReopenContainerLog = Runtime<ReopenContainerLogRequest, ReopenContainerLogResponse>("ReopenContainerLog", ReopenContainerLogResponse.Parser);
    public static readonly GrpcMethod<CheckpointContainerRequest, CheckpointContainerResponse> CheckpointContainer = Runtime<CheckpointContainerRequest, CheckpointContainerResponse>("CheckpointContainer", CheckpointContainerResponse.Parser);
    public static readonly GrpcMethod<ExecSyncRequest, ExecSyncResponse> ExecSync = Runtime<ExecSyncRequest, ExecSyncResponse>("ExecSync", ExecSyncResponse.Parser);
    public static readonly GrpcMethod<ExecRequest, ExecResponse> Exec = Runtime<ExecRequest, ExecResponse>("Exec", ExecResponse.Parser);
    public static readonly GrpcMethod<AttachRequest, AttachResponse> Attach = Runtime<AttachRequest, AttachResponse>("Attach", AttachResponse.Parser);
    public static readonly GrpcMethod<PortForwardRequest, PortForwardResponse> PortForward = Runtime<PortForwardRequest, PortForwardResponse>("PortForward", PortForwardResponse.Parser);
    public static readonly GrpcMethod<ContainerStatsRequest, ContainerStatsResponse> ContainerStats = Runtime<ContainerStatsRequest, ContainerStatsResponse>("ContainerStats", ContainerStatsResponse.Parser);
    public static readonly GrpcMethod<ListContainerStatsRequest, ListContainerStatsResponse> ListContainerStats = Runtime<ListContainerStatsRequest, ListContainerStatsResponse>("ListContainerStats", ListContainerStatsResponse.Parser);
    public static readonly GrpcMethod<ListPodSandboxStatsRequest, ListPodSandboxStatsResponse> ListPodSandboxStats = Runtime<ListPodSandboxStatsRequest, ListPodSandboxStatsResponse>("ListPodSandboxStats", ListPodSandboxStatsResponse.Parser);
    public static readonly GrpcMethod<GetEventsRequest, ContainerEventResponse> GetContainerEvents = Runtime<GetEventsRequest, ContainerEventResponse>("GetContainerEvents", ContainerEventResponse.Parser);
    public static readonly GrpcMethod<UpdateRuntimeConfigRequest, UpdateRuntimeConfigResponse> UpdateRuntimeConfig = Runtime<UpdateRuntimeConfigRequest, UpdateRuntimeConfigResponse>("UpdateRuntimeConfig", UpdateRuntimeConfigResponse.Parser);
    public static readonly GrpcMethod<RuntimeConfigRequest, RuntimeConfigResponse> RuntimeConfig = Runtime<RuntimeConfigRequest, RuntimeConfigResponse>("RuntimeConfig", RuntimeConfigResponse.Parser);

    public static readonly GrpcMethod<ListImagesRequest, ListImagesResponse> ListImages = Image<ListImagesRequest, ListImagesResponse>("ListImages", ListImagesResponse.Parser);
    public static readonly GrpcMethod<ImageStatusRequest, ImageStatusResponse> ImageStatus = Image<ImageStatusRequest, ImageStatusResponse>("ImageStatus", ImageStatusResponse.Parser);
    public static readonly GrpcMethod<PullImageRequest, PullImageResponse> PullImage = Image<PullImageRequest, PullImageResponse>("PullImage", PullImageResponse.Parser);
    public static readonly GrpcMethod<RemoveImageRequest, RemoveImageResponse> RemoveImage = Image<RemoveImageRequest, RemoveImageResponse>("RemoveImage", RemoveImageResponse.Parser);
    public static readonly GrpcMethod<ImageFsInfoRequest, ImageFsInfoResponse> ImageFsInfo = Image<ImageFsInfoRequest, ImageFsInfoResponse>("ImageFsInfo", ImageFsInfoResponse.Parser);

    private static GrpcMethod<TRequest, TResponse> Runtime<TRequest, TResponse>(string name, MessageParser<TResponse> parser)
        where TRequest : IMessage
        where TResponse : IMessage<TResponse> => new("runtime.v1.RuntimeService", name, parser);

    private static GrpcMethod<TRequest, TResponse> Image<TRequest, TResponse>(string name, MessageParser<TResponse> parser)
        where TRequest : IMessage
        where TResponse : IMessage<TResponse> => new("runtime.v1.ImageService", name, parser);
}
