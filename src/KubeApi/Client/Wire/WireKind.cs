namespace NodeAgent.KubeApi.Client.Wire;

internal enum WireKind
{
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    Fixed32 = 5,
}
