using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Streaming;
using NodeAgent.Kubelet.Streaming.Commands;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Tests.Streaming;

public sealed class CommandSessionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static async Task<Dictionary<int, string>> RunAsync(
        FakeProcess process, StreamOptions options, string protocol, Func<SpdyTestClient, Task> drive)
    {
        var (one, other) = await DuplexPair.CreateAsync();
        await using (one)
        await using (other)
        using (var connection = new SpdyConnection(other))
        using (var stop = new CancellationTokenSource())
        {
            var client = new SpdyTestClient(one);
            var reading = connection.RunAsync(stop.Token);
            var serving = ServeAsync();
            await drive(client);
            var data = await client.ReadToGoAwayAsync().WaitAsync(Patience);
            await serving.WaitAsync(Patience);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
            return data;

            async Task ServeAsync()
            {
                var streams = await SpdyCommandStreams.AcceptAsync(connection, protocol, options, TimeProvider.System, stop.Token);
                await new CommandSession(NullLogger.Instance).RunAsync(streams, process, stop.Token);
                await connection.GoAwayAsync(stop.Token);
            }
        }
    }

    [Fact]
    public async Task Run_StdinToStdout_OutputAndSuccess()
    {
        var process = await FakeProcess.EchoAsync();

        var data = await RunAsync(process, new StreamOptions(true, true, true, false), "v4.channel.k8s.io", async client =>
        {
            await client.OpenAsync(1, ("streamtype", "error"));
            await client.OpenAsync(3, ("streamtype", "stdin"));
            await client.OpenAsync(5, ("streamtype", "stdout"));
            await client.OpenAsync(7, ("streamtype", "stderr"));
            await client.SendDataAsync(3, "typed", fin: true);
        });

        Assert.Equal("typed<fin>", data[5]);
        Assert.Equal("Success", Status(data[1]).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Run_NonZeroExit_StatusCarriesTheCode()
    {
        var process = new FakeProcess(42);

        var data = await RunAsync(process, new StreamOptions(false, true, false, false), "v4.channel.k8s.io", async client =>
        {
            await client.OpenAsync(1, ("streamtype", "error"));
            await client.OpenAsync(3, ("streamtype", "stdout"));
        });

        var status = Status(data[1]);
        Assert.Equal("Failure", status.GetProperty("status").GetString());
        Assert.Equal("NonZeroExitCode", status.GetProperty("reason").GetString());
        var cause = status.GetProperty("details").GetProperty("causes")[0];
        Assert.Equal(("ExitCode", "42"), (cause.GetProperty("reason").GetString(), cause.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Run_OldProtocol_TextInsteadOfStatus()
    {
        var data = await RunAsync(new FakeProcess(3), new StreamOptions(false, true, false, false), "v2.channel.k8s.io", async client =>
        {
            await client.OpenAsync(1, ("streamtype", "error"));
            await client.OpenAsync(3, ("streamtype", "stdout"));
        });

        Assert.Equal("command terminated with non-zero exit code: exit code 3<fin>", data[1]);
    }

    [Fact]
    public async Task Run_ProcessCannotBeObserved_InternalError()
    {
        var data = await RunAsync(new FakeProcess(0, new IOException("engine died")), new StreamOptions(false, true, false, false), "v4.channel.k8s.io", async client =>
        {
            await client.OpenAsync(1, ("streamtype", "error"));
            await client.OpenAsync(3, ("streamtype", "stdout"));
        });

        Assert.Equal("InternalError", Status(data[1]).GetProperty("reason").GetString());
        Assert.Contains("engine died", data[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Terminal_SizesReachTheProcess()
    {
        var process = await FakeProcess.EchoAsync();

        await RunAsync(process, new StreamOptions(true, true, false, true), "v4.channel.k8s.io", async client =>
        {
            await client.OpenAsync(1, ("streamtype", "error"));
            await client.OpenAsync(3, ("streamtype", "stdin"));
            await client.OpenAsync(5, ("streamtype", "stdout"));
            await client.OpenAsync(7, ("streamtype", "resize"));
            await client.SendDataAsync(7, "{\"Width\":80,\"Height\":24}\n{\"Width\":1");
            await client.SendDataAsync(7, "20,\"Height\":40}\n");
            await process.ResizedTwice.Task.WaitAsync(Patience);
            await client.SendDataAsync(3, "", fin: true);
        });

        Assert.Equal([(80, 24), (120, 40)], process.Sizes);
    }

    private static JsonElement Status(string data) => JsonDocument.Parse(data.Replace("<fin>", "", StringComparison.Ordinal)).RootElement;

    /// <summary>A process that ends at once, or when its stdin ends, having echoed it.</summary>
    private sealed class FakeProcess : IContainerProcess
    {
        private readonly Task<int> _exit = Task.FromResult(0);
        private readonly Pipe _output = new();
        private readonly Stream? _stdin;

        public FakeProcess(int code, Exception? failure = null)
        {
            _exit = failure is null ? Task.FromResult(code) : Task.FromException<int>(failure);
            _output.Writer.Complete();
        }

        private FakeProcess((Stream Mine, Stream Its) stdin)
        {
            _stdin = stdin.Mine;
            _exit = EchoAsync(stdin.Its);
        }

        public List<(int, int)> Sizes { get; } = [];

        public TaskCompletionSource ResizedTwice { get; } = new();

        public Stream? Stdin => _stdin;

        public Stream? Stdout => _output.Reader.AsStream();

        public Stream? Stderr => null;

        public Task<int> ExitCode => _exit;

        public static async Task<FakeProcess> EchoAsync() => new(await DuplexPair.CreateAsync());

        public Task ResizeAsync(int width, int height, CancellationToken cancellationToken)
        {
            Sizes.Add((width, height));
            if (Sizes.Count == 2)
            {
                ResizedTwice.SetResult();
            }

            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private async Task<int> EchoAsync(Stream stdin)
        {
            await stdin.CopyToAsync(_output.Writer.AsStream());
            await _output.Writer.CompleteAsync();
            return 0;
        }
    }
}
