using System.Buffers.Binary;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Tests.Fakes;

/// <summary>Bodies as an API server writes them, made without the code under test.</summary>
internal static class WireBodies
{
    public const string ContentType = "application/vnd.kubernetes.protobuf";

    public static byte[] Object(string apiVersion, string kind, IMessage message) => Envelope(apiVersion, kind, message.ToByteString());

    public static byte[] Status(int code, string reason, string message) =>
        Object("v1", "Status", new Status { Status_ = "Failure", Code = code, Reason = reason, Message = message });

    public static byte[] PodList(string resourceVersion, string? continueToken, params Pod[] pods)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream))
        {
            var metadata = new ListMeta { ResourceVersion = resourceVersion };
            if (continueToken is not null)
            {
                metadata.Continue = continueToken;
            }

            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteMessage(metadata);
            foreach (var pod in pods)
            {
                output.WriteTag(2, WireFormat.WireType.LengthDelimited);
                output.WriteMessage(pod);
            }
        }

        return Envelope("v1", "PodList", ByteString.CopyFrom(stream.ToArray()));
    }

    public static byte[] Frame(string type, byte[] body)
    {
        var message = new WatchEvent { Type = type, Object = new RawExtension { Raw = ByteString.CopyFrom(body) } }.ToByteArray();
        var frame = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, message.Length);
        message.CopyTo(frame, 4);
        return frame;
    }

    public static byte[] PodFrame(string type, Pod pod) => Frame(type, Object("v1", "Pod", pod));

    public static byte[] Bookmark(string resourceVersion, bool endsInitialEvents = false)
    {
        var pod = new Pod { Metadata = new ObjectMeta { ResourceVersion = resourceVersion } };
        if (endsInitialEvents)
        {
            pod.Metadata.Annotations["k8s.io/initial-events-end"] = "true";
        }

        return PodFrame("BOOKMARK", pod);
    }

    public static Pod Pod(string name, string resourceVersion = "1", string node = "") => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = $"uid-{name}", ResourceVersion = resourceVersion },
        Spec = new PodSpec { NodeName = node },
    };

    public static async Task WriteProtobufAsync(this HttpResponse response, byte[] body, int code = 200)
    {
        response.StatusCode = code;
        response.ContentType = ContentType;
        await response.Body.WriteAsync(body);
        await response.Body.FlushAsync();
    }

    private static byte[] Envelope(string apiVersion, string kind, ByteString raw)
    {
        var unknown = new Unknown { TypeMeta = new TypeMeta { ApiVersion = apiVersion, Kind = kind }, Raw = raw, ContentEncoding = "", ContentType = "" };
        return [.. "k8s\0"u8, .. unknown.ToByteArray()];
    }
}
