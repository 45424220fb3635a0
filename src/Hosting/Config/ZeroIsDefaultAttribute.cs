namespace NodeAgent.Hosting.Config;

/// <summary>
/// On a field of a config type that upstream has without a pointer: 0, 0s and "" in a file mean the field's default. kubeadm writes
/// files with all fields of that kind in them.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ZeroIsDefaultAttribute : Attribute;
