using System.Net;
using Google.Protobuf;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Client.Wire;

/// <summary>Reads one watch frame: a WatchEvent whose object is an envelope of its own.</summary>
internal static class WatchDecoder
{
    /// <summary>The annotation of the bookmark that ends the initial events of a streaming list.</summary>
    public const string InitialEventsEndAnnotation = "k8s.io/initial-events-end";

    private const int TypeField = 1;
    private const int ObjectField = 2;

    /// <exception cref="KubeApiException">The event is an error.</exception>
    public static WatchEvent<T> Read<T>(ReadOnlySpan<byte> frame, MessageParser<T> parser, string operation)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        ReadOnlySpan<byte> type = default;
        ReadOnlySpan<byte> extension = default;
        var fields = new FieldReader(frame);
        while (fields.TryReadNext(out var number, out var value))
        {
            if (number == TypeField)
            {
                type = value;
            }
            else if (number == ObjectField)
            {
                extension = value;
            }
        }

        var raw = Envelope.Unwrap(FirstField(extension), out var isStatus);
        if (isStatus || type.SequenceEqual("ERROR"u8))
        {
            throw StatusReader.ToException(operation, HttpStatusCode.InternalServerError, Status.Parser.ParseFrom(raw), null);
        }

        var eventType = ReadType(type);
        var item = parser.ParseFrom(raw);
        var isEnd = eventType == WatchEventType.Bookmark
            && item.Metadata is { } metadata
            && metadata.Annotations.TryGetValue(InitialEventsEndAnnotation, out var end)
            && end == "true";
        return new WatchEvent<T>(eventType, item, isEnd);
    }

    private static WatchEventType ReadType(ReadOnlySpan<byte> type) => type switch
    {
        _ when type.SequenceEqual("MODIFIED"u8) => WatchEventType.Modified,
        _ when type.SequenceEqual("ADDED"u8) => WatchEventType.Added,
        _ when type.SequenceEqual("DELETED"u8) => WatchEventType.Deleted,
        _ when type.SequenceEqual("BOOKMARK"u8) => WatchEventType.Bookmark,
        _ => throw new InvalidDataException($"a watch event of the unknown type \"{Envelope.Describe(type)}\""),
    };

    private static ReadOnlySpan<byte> FirstField(ReadOnlySpan<byte> message)
    {
        var fields = new FieldReader(message);
        while (fields.TryReadNext(out var number, out var value))
        {
            if (number == 1)
            {
                return value;
            }
        }

        return default;
    }
}
