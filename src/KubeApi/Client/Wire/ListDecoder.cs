using Google.Protobuf;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Client.Wire;

/// <summary>
/// Reads a list as it arrives, one item at a time: every list of the API has its ListMeta as field 1 and its items as
/// field 2, so that no list message is needed and never a whole answer is held.
/// </summary>
internal static class ListDecoder
{
    private const int RawField = 2;
    private const int MetadataField = 1;
    private const int ItemsField = 2;

    public static async Task<KubeList<T>> ReadAsync<T>(WireReader reader, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        await reader.RequireAsync(Envelope.Magic.Length, cancellationToken);
        if (!reader.Peek(Envelope.Magic.Length).SequenceEqual(Envelope.Magic))
        {
            throw new InvalidDataException($"the list does not begin with Kubernetes' protobuf mark but with \"{Envelope.Describe(reader.Peek(reader.BufferedLength))}\"");
        }

        reader.Advance(Envelope.Magic.Length);
        var items = new List<T>();
        ListMeta? metadata = null;
        while (await reader.ReadVarintAsync(cancellationToken) is { } tag)
        {
            var length = await ReadLengthAsync(reader, tag, cancellationToken);
            if (tag >> 3 == RawField)
            {
                metadata = await ReadItemsAsync(reader, length, parser, items, cancellationToken);
            }
            else
            {
                await reader.SkipAsync(length, cancellationToken);
            }
        }

        return metadata is null
            ? throw new EndOfStreamException("the list ended before its first item")
            : new KubeList<T>(items, metadata.ResourceVersion, metadata.Continue.Length > 0 ? metadata.Continue : null);
    }

    private static async Task<ListMeta> ReadItemsAsync<T>(WireReader reader, long length, MessageParser<T> parser, List<T> items, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        var metadata = new ListMeta();
        for (var rest = length; rest > 0;)
        {
            var tag = await RequireVarintAsync(reader, cancellationToken);
            var size = await ReadLengthAsync(reader, tag, cancellationToken);
            rest -= CodedOutputStream.ComputeUInt64Size(tag) + CodedOutputStream.ComputeUInt64Size((ulong)size) + size;
            if (rest < 0)
            {
                throw new InvalidDataException("an item reaches past the end of its list");
            }

            if (tag >> 3 is MetadataField or ItemsField && size <= WireReader.MaxItemLength)
            {
                await reader.RequireAsync((int)size, cancellationToken);
                var bytes = reader.Peek((int)size);
                if (tag >> 3 == ItemsField)
                {
                    items.Add(parser.ParseFrom(bytes));
                }
                else
                {
                    metadata = ListMeta.Parser.ParseFrom(bytes);
                }

                reader.Advance((int)size);
            }
            else if (tag >> 3 == ItemsField)
            {
                throw new InvalidDataException($"a list item claims {size} bytes");
            }
            else
            {
                await reader.SkipAsync(size, cancellationToken);
            }
        }

        return metadata;
    }

    private static async ValueTask<long> ReadLengthAsync(WireReader reader, ulong tag, CancellationToken cancellationToken)
    {
        if ((WireKind)(tag & 7) != WireKind.LengthDelimited)
        {
            throw new InvalidDataException($"field {tag >> 3} of a list has wire type {tag & 7}");
        }

        var length = await RequireVarintAsync(reader, cancellationToken);
        return length <= long.MaxValue / 2 ? (long)length : throw new InvalidDataException($"a field of {length} bytes");
    }

    private static async ValueTask<ulong> RequireVarintAsync(WireReader reader, CancellationToken cancellationToken) =>
        await reader.ReadVarintAsync(cancellationToken) ?? throw new EndOfStreamException("the list ended before it was complete");
}
