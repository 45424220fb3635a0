using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using NodeAgent.Kubelet.Logs;
using NodeAgent.Kubelet.Server;
using NodeAgent.Kubelet.Streaming.Commands;
using NodeAgent.Kubelet.Streaming.Spdy;
using NodeAgent.Kubelet.Streaming.WebSockets;

namespace NodeAgent.Kubelet.Streaming.Fuzzing;

/// <summary>
/// Feeds what the kubelet parses of its clients with broken input: a seed gives one input, always the same. A parser may
/// refuse it in its own way; anything else that it throws is a bug.
/// </summary>
internal static class ParserFuzz
{
    private const int MostInput = 4096;

    private static readonly byte[][] Frames =
    [
        Frame(FrameType.SynStream, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. Headers("streamtype", "error")]),
        Frame(FrameType.SynStream, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. Headers("streamtype", "data"), .. Headers("port", "80")]),
        Frame(FrameType.Ping, [0, 0, 0, 1]),
        Frame(FrameType.RstStream, [0, 0, 0, 1, 0, 0, 0, 5]),
        Frame(FrameType.GoAway, [0, 0, 0, 0, 0, 0, 0, 0]),
        Frame(FrameType.Settings, [0, 0, 0, 0]),
        [0, 0, 0, 1, 0, 0, 0, 4, .. "ping"u8],
        [0, 0, 0, 1, 1, 0, 0, 0],
    ];

    private static readonly byte[][] Texts =
    [
        .. "{\"Width\":80,\"Height\":24}\n"u8.ToArray().Split(),
        .. "HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray().Split(),
        .. "input=1&output=1&tty=1&tailLines=10&sinceSeconds=5&limitBytes=9&follow=true&previous=false&sinceTime=2026-11-21T08:00:00Z&timestamps=1&stream=All"u8.ToArray().Split(),
        .. "query=kubelet&query=/syslog&tailLines=7&boot=-1&pattern=a%2Bb&sinceTime=2026-11-21T08:00:00Z"u8.ToArray().Split(),
    ];

    public static IReadOnlyDictionary<string, Func<Random, Task>> Targets { get; } = new Dictionary<string, Func<Random, Task>>
    {
        ["spdy frames"] = FramesAsync,
        ["spdy headers"] = random => Run(() => new HeaderReader().Read(Mutated(random, Frames)), static e => e is SpdyException),
        ["websocket channels"] = ChannelsAsync,
        ["terminal sizes"] = SizesAsync,
        ["query strings"] = random => Run(() => Query(random), static e => e is HttpError or LogRequestException),
        ["answers of engines"] = AnswersAsync,
    };

    /// <exception cref="InvalidOperationException">The parser threw something of its own; it is the inner exception.</exception>
    public static async Task RunAsync(string target, int seed)
    {
        try
        {
            await Targets[target](new Random(seed));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{target}: input {seed} is not refused as it should be: {e.Message}", e);
        }
    }

    private static async Task FramesAsync(Random random)
    {
        using var transport = new OneWay(Mutated(random, Frames));
        using var connection = new SpdyConnection(transport);
        try
        {
            await connection.RunAsync(CancellationToken.None);
        }
        catch (IOException)
        {
            // The client broke the protocol: the connection ends.
        }
    }

    private static Task ChannelsAsync(Random random)
    {
        var decoder = new ChannelDecoder(ChannelProtocol.Commands[random.Next(ChannelProtocol.Commands.Count)]);
        return Run(() =>
        {
            for (var i = 0; i < 8; i++)
            {
                var part = new byte[random.Next(12)];
                random.NextBytes(part);
                if (part.Length > 0 && random.Next(3) == 0)
                {
                    part[0] = random.Next(2) == 0 ? (byte)255 : (byte)('0' + random.Next(6));
                }

                _ = decoder.Feed(part, random.Next(2) == 0) is { } fed && fed.Channel is < 0 or > 255 ? throw new InvalidOperationException("a channel that no byte can name") : 0;
            }
        }, static e => e is IOException);
    }

    private static async Task SizesAsync(Random random)
    {
        try
        {
            await foreach (var _ in TerminalSizes.ReadAsync(new MemoryStream(Mutated(random, Texts)), CancellationToken.None))
            {
            }
        }
        catch (IOException)
        {
            // No size.
        }
    }

    private static async Task AnswersAsync(Random random)
    {
        try
        {
            await ResponseHead.ReadAsync(new MemoryStream(Mutated(random, Texts)), 1024, CancellationToken.None);
        }
        catch (IOException)
        {
            // No answer.
        }
    }

    private static void Query(Random random)
    {
        var query = new QueryCollection(QueryHelpers.ParseQuery(Encoding.Latin1.GetString(Mutated(random, Texts))));
        switch (random.Next(3))
        {
            case 0:
                StreamOptions.Parse(query);
                break;
            case 1:
                PodLogOptions.Parse(query, DateTimeOffset.UnixEpoch);
                break;
            default:
                NodeLogQuery.Parse(query)?.JournalArguments();
                break;
        }
    }

    private static Task Run(Action parse, Func<Exception, bool> isRefusal)
    {
        try
        {
            parse();
        }
        catch (Exception e) when (isRefusal(e))
        {
            // Refused as it should be.
        }

        return Task.CompletedTask;
    }

    /// <summary>Some good pieces in a row, then some bytes changed, doubled or cut off.</summary>
    private static byte[] Mutated(Random random, byte[][] pieces)
    {
        var input = new List<byte>();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            input.AddRange(pieces[random.Next(pieces.Length)]);
        }

        for (var i = random.Next(0, 8); i > 0 && input.Count > 0; i--)
        {
            var at = random.Next(input.Count);
            switch (random.Next(4))
            {
                case 0:
                    input[at] = (byte)random.Next(256);
                    break;
                case 1:
                    input.Insert(at, (byte)random.Next(256));
                    break;
                case 2:
                    input.RemoveRange(at, Math.Min(random.Next(1, 9), input.Count - at));
                    break;
                default:
                    input.AddRange(input.GetRange(at, Math.Min(random.Next(1, 64), input.Count - at)));
                    break;
            }
        }

        return [.. input.Take(MostInput)];
    }

    private static byte[][] Split(this byte[] text) => [text];

    private static byte[] Frame(FrameType type, byte[] body)
    {
        var frame = new byte[FrameHeader.Size + body.Length];
        new FrameHeader(type, 0, 0, body.Length).Write(frame);
        body.CopyTo(frame, FrameHeader.Size);
        return frame;
    }

    private static byte[] Headers(string name, string value) => new HeaderWriter().Write(new Dictionary<string, string> { [name] = value });
}
