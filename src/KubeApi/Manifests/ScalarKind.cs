namespace NodeAgent.KubeApi.Manifests;

internal enum ScalarKind
{
    Null,
    Bool,
    Integer,
    Float,
    String,
}
