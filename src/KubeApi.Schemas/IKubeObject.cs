using Google.Protobuf;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi;

/// <summary>An object of the Kubernetes API that has metadata of its own: a pod, a node, a lease.</summary>
/// <remarks>
/// Objects that come out of an informer are shared and must not be changed; take a <c>Clone()</c> first.
/// </remarks>
public interface IKubeObject : IMessage
{
    /// <summary>Name, namespace, UID, labels and the rest of the object's metadata; never null on objects that the API server sent.</summary>
    ObjectMeta Metadata { get; set; }
}
