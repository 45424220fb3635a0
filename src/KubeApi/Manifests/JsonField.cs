using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace NodeAgent.KubeApi.Manifests;

/// <param name="Name">The name in JSON.</param>
/// <param name="Via">The inlined message that holds the field; null when the message itself does.</param>
internal sealed record JsonField(string Name, FieldDescriptor Field, FieldDescriptor? Via)
{
    /// <summary>The message that holds the field; null when it is inlined and not there.</summary>
    public IMessage? Holder(IMessage message) => Via is null ? message : (IMessage?)Via.Accessor.GetValue(message);

    /// <summary>The message that holds the field, made when it is inlined and not there yet.</summary>
    public IMessage HolderForWriting(IMessage message)
    {
        if (Holder(message) is { } holder)
        {
            return holder;
        }

        var made = Via!.MessageType.Parser.ParseFrom(ByteString.Empty);
        Via.Accessor.SetValue(message, made);
        return made;
    }
}
