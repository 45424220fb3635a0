using System.Text;
using Google.Protobuf;

namespace NodeAgent.KubeApi.Client.Wire;

/// <summary>
/// The form in which an object travels: four magic bytes, then a message with the type (field 1: apiVersion and kind)
/// and the bytes of the object itself (field 2).
/// </summary>
internal static class Envelope
{
    public const string ContentType = "application/vnd.kubernetes.protobuf";

    private const byte TypeMetaTag = (1 << 3) | (int)WireKind.LengthDelimited;
    private const byte RawTag = (2 << 3) | (int)WireKind.LengthDelimited;

    public static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    public static byte[] Wrap(string apiVersion, string kind, IMessage message)
    {
        var apiVersionLength = Encoding.UTF8.GetByteCount(apiVersion);
        var kindLength = Encoding.UTF8.GetByteCount(kind);
        var typeLength = FieldSize(apiVersionLength) + FieldSize(kindLength);
        var rawLength = message.CalculateSize();
        var bytes = new byte[Magic.Length + FieldSize(typeLength) + FieldSize(rawLength)];

        Magic.CopyTo(bytes);
        var rest = bytes.AsSpan(Magic.Length);
        rest = WriteHeader(rest, TypeMetaTag, typeLength);
        rest = WriteHeader(rest, TypeMetaTag, apiVersionLength);
        rest = rest[Encoding.UTF8.GetBytes(apiVersion, rest)..];
        rest = WriteHeader(rest, RawTag, kindLength);
        rest = rest[Encoding.UTF8.GetBytes(kind, rest)..];
        rest = WriteHeader(rest, RawTag, rawLength);
        message.WriteTo(rest);
        return bytes;
    }

    /// <summary>The bytes of the object inside, and whether it is a Status and not the object that was asked for.</summary>
    public static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> body, out bool isStatus)
    {
        if (!body.StartsWith(Magic))
        {
            throw new InvalidDataException($"the answer does not begin with Kubernetes' protobuf mark but with \"{Describe(body)}\"");
        }

        isStatus = false;
        ReadOnlySpan<byte> raw = default;
        var fields = new FieldReader(body[Magic.Length..]);
        while (fields.TryReadNext(out var number, out var value))
        {
            if (number == 1)
            {
                isStatus = IsStatus(value);
            }
            else if (number == 2)
            {
                raw = value;
            }
        }

        return raw;
    }

    public static bool IsStatus(ReadOnlySpan<byte> typeMeta)
    {
        var fields = new FieldReader(typeMeta);
        while (fields.TryReadNext(out var number, out var value))
        {
            if (number == 2)
            {
                return value.SequenceEqual("Status"u8);
            }
        }

        return false;
    }

    /// <summary>The beginning of bytes that are not what they should be, fit for a message.</summary>
    public static string Describe(ReadOnlySpan<byte> bytes)
    {
        var shown = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 40)]);
        return string.Concat(shown.Select(c => char.IsControl(c) ? '.' : c));
    }

    private static int FieldSize(int length) => 1 + CodedOutputStream.ComputeLengthSize(length) + length;

    private static Span<byte> WriteHeader(Span<byte> target, byte tag, int length)
    {
        target[0] = tag;
        var i = 1;
        var rest = (uint)length;
        while (rest >= 0x80)
        {
            target[i++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        target[i++] = (byte)rest;
        return target[i..];
    }
}
