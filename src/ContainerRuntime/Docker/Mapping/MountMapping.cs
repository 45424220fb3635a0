using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>CRI's mounts as Docker's bind mounts.</summary>
internal static class MountMapping
{
    private static readonly Version RecursiveReadOnly = new(1, 44);

    public static Engine.Models.Mount ToDocker(V1.Mount mount, Version api)
    {
        if (mount.Image is { Image.Length: > 0 })
        {
            throw new RuntimeException(RuntimeErrorCode.Unimplemented, $"Docker Engine cannot mount the image {mount.Image.Image} at {mount.ContainerPath}");
        }

        if (mount.RecursiveReadOnly && api < RecursiveReadOnly)
        {
            throw new RuntimeException(
                RuntimeErrorCode.Unimplemented,
                $"a recursively read-only mount at {mount.ContainerPath} needs Docker Engine 25 or later (API {RecursiveReadOnly}); this engine speaks {api}");
        }

        return new Engine.Models.Mount
        {
            Type = "bind",
            Source = mount.HostPath,
            Target = mount.ContainerPath,
            ReadOnly = mount.Readonly,
            BindOptions = new BindOptions
            {
                Propagation = Propagation(mount.Propagation),
                ReadOnlyForceRecursive = mount.RecursiveReadOnly ? true : null,
                ReadOnlyNonRecursive = mount.Readonly && !mount.RecursiveReadOnly && api >= RecursiveReadOnly ? true : null,
            },
        };
    }

    public static V1.Mount FromDocker(MountPoint mount) => new()
    {
        HostPath = mount.Source,
        ContainerPath = mount.Destination,
        Readonly = !mount.RW,
        Propagation = mount.Propagation switch
        {
            "rslave" or "slave" => MountPropagation.PropagationHostToContainer,
            "rshared" or "shared" => MountPropagation.PropagationBidirectional,
            _ => MountPropagation.PropagationPrivate,
        },
    };

    private static string Propagation(MountPropagation propagation) => propagation switch
    {
        MountPropagation.PropagationHostToContainer => "rslave",
        MountPropagation.PropagationBidirectional => "rshared",
        _ => "rprivate",
    };
}
