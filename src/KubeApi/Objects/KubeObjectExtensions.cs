using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Objects;

/// <summary>What is asked of every object's metadata.</summary>
public static class KubeObjectExtensions
{
    extension(IKubeObject value)
    {
        public NamespacedName Key => NamespacedName.Of(value);

        /// <summary>Somebody asked for its deletion; it lives on until its grace period and its finalizers are done.</summary>
        public bool IsBeingDeleted => value.Metadata?.DeletionTimestamp is not null;

        /// <summary>The one owner that manages the object, such as the ReplicaSet of a pod.</summary>
        public OwnerReference? ControllerOwner => value.Metadata?.OwnerReferences.FirstOrDefault(o => o.Controller);

        public bool HasFinalizer(string finalizer) => value.Metadata?.Finalizers.Contains(finalizer) ?? false;

        public string? Annotation(string key) => value.Metadata is { } metadata && metadata.Annotations.TryGetValue(key, out var text) ? text : null;

        public string? Label(string key) => value.Metadata is { } metadata && metadata.Labels.TryGetValue(key, out var text) ? text : null;

        /// <summary>A reference with everything that is known of the object, for events and bindings.</summary>
        /// <param name="fieldPath">A part of the object, such as <c>spec.containers{web}</c>.</param>
        public ObjectReference ToReference(string? fieldPath = null)
        {
            var type = ResourceTypes.Of(value);
            var reference = new ObjectReference { Kind = type.Kind, ApiVersion = type.ApiVersion };
            if (value.Metadata is { } metadata)
            {
                reference.Namespace = metadata.Namespace;
                reference.Name = metadata.Name;
                reference.Uid = metadata.Uid;
                reference.ResourceVersion = metadata.ResourceVersion;
            }

            if (fieldPath is not null)
            {
                reference.FieldPath = fieldPath;
            }

            return reference;
        }
    }
}
