using System.Diagnostics.CodeAnalysis;

namespace NodeAgent.KubeApi.Client.Wire;

/// <summary>Walks the fields of one protobuf message in place, for the envelopes around objects, which are never copied.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The next length-delimited field; fields of other wire types are skipped.</summary>
    public bool TryReadNext(out int number, out ReadOnlySpan<byte> value)
    {
        while (!_rest.IsEmpty)
        {
            var tag = ReadVarint();
            number = (int)(tag >> 3);
            switch ((WireKind)(tag & 7))
            {
                case WireKind.LengthDelimited:
                    value = Take(ReadVarint());
                    return true;
                case WireKind.Varint:
                    ReadVarint();
                    break;
                case WireKind.Fixed64:
                    Take(8);
                    break;
                case WireKind.Fixed32:
                    Take(4);
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7} does not exist in Kubernetes' protobuf");
            }
        }

        number = 0;
        value = default;
        return false;
    }

    /// <summary>Reads a varint at the start of the bytes; false when they end inside it.</summary>
    public static bool TryReadVarint(ReadOnlySpan<byte> bytes, out ulong value, out int length)
    {
        value = 0;
        for (length = 0; length < bytes.Length && length < MaxVarintLength; length++)
        {
            value |= (ulong)(bytes[length] & 0x7F) << (7 * length);
            if (bytes[length] < 0x80)
            {
                length++;
                return true;
            }
        }

        return bytes.Length < MaxVarintLength ? false : ThrowOverlong();
    }

    public const int MaxVarintLength = 10;

    private ulong ReadVarint()
    {
        if (!TryReadVarint(_rest, out var value, out var length))
        {
            throw new InvalidDataException("the message ends inside a number");
        }

        _rest = _rest[length..];
        return value;
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw new InvalidDataException($"a field of {length} bytes in a message with {_rest.Length} bytes left");
        }

        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    [DoesNotReturn]
    private static bool ThrowOverlong() => throw new InvalidDataException("a number of more than ten bytes");
}
