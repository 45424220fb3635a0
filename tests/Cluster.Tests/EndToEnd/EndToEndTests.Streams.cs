using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>Streams through the API server and the kubelet into a container and back, with every kubectl at hand.</summary>
public abstract partial class EndToEndTests
{
    private const int Connections = 40;
    private const int Watchers = 200;
    private static readonly TimeSpan StreamPatience = TimeSpan.FromSeconds(30);

    [LongFact("the streams of every kubectl take half a minute")]
    public async Task Kubectl_EveryVersion_ExecAttachCopyFollowAndForward()
    {
        await StartStreamsPodAsync("streams");
        foreach (var kubectl in Kubectls.Of(cluster.Plane))
        {
            await ExecAsync(kubectl);
            await AttachAndFollowAsync(kubectl);
            await CopyAsync(kubectl);
            await ForwardAsync(kubectl);
            await RefusedPortIsToldAsync(kubectl);
        }

        using var following = Kubectls.Start(cluster.Plane.Binaries.Kubectl, cluster.Plane, "logs", "-f", "streams");
        await cluster.KubectlAsync("delete", "pod", "streams", "--now");
        await following.StandardOutput.ReadToEndAsync().WaitAsync(StreamPatience);
        await following.WaitForExitAsync().WaitAsync(StreamPatience);
    }

    [LongFact("the kubelet's memory is watched for some seconds")]
    public async Task Streams_OfClientsThatVanishOrDoNotRead_LeaveNothing_AndOthersAreServed()
    {
        await StartStreamsPodAsync("crowd");
        var kubelet = ManagedProcess.Find(NodeDaemons.KubeletName, cluster.Daemons.Options.Folder)!.Id;
        await cluster.KubectlAsync("exec", "crowd", "--", "true");
        var descriptors = ProcessUse.Descriptors(kubelet);

        // Writers whose output nobody reads, and readers whose input never comes.
        var clients = Enumerable.Range(0, 4).Select(_ => Kubectls.Start(cluster.Plane.Binaries.Kubectl, cluster.Plane, "exec", "crowd", "--", "yes", "left-behind"))
            .Concat(Enumerable.Range(0, 4).Select(_ => Kubectls.Start(cluster.Plane.Binaries.Kubectl, cluster.Plane, "exec", "-i", "crowd", "--", "sh", "-c", "cat; : left-behind"))).ToList();
        try
        {
            await Wait.UntilAsync("all eight commands to run", StreamPatience, async () => await CountLeftBehindAsync() >= clients.Count, interval: TimeSpan.FromMilliseconds(300));
            await Task.Delay(TimeSpan.FromSeconds(1));
            var memory = ProcessUse.Megabytes(kubelet);
            await Task.Delay(TimeSpan.FromSeconds(3));
            Assert.InRange(ProcessUse.Megabytes(kubelet) - memory, -1000, 24);
            Assert.Equal("served", await cluster.KubectlAsync("exec", "crowd", "--", "echo", "served"));
        }
        finally
        {
            clients.ForEach(c => c.Kill());
        }

        await Wait.UntilAsync("the commands to end", StreamPatience, async () => await CountLeftBehindAsync() == 0, interval: TimeSpan.FromMilliseconds(300));
        await Wait.UntilAsync("the descriptors to be closed", StreamPatience, () => Task.FromResult(ProcessUse.Descriptors(kubelet) <= descriptors + 4), () => $"{ProcessUse.Descriptors(kubelet)} are open, {descriptors} were before");
        clients.ForEach(c => c.Dispose());
        await cluster.KubectlAsync("delete", "pod", "crowd", "--now");

        async Task<int> CountLeftBehindAsync() => int.Parse(
            (await cluster.Plane.KubectlAsync(["exec", "crowd", "--", "sh", "-c", "ps -o args | grep 'left-[b]ehind' | wc -l"])).Output, CultureInfo.InvariantCulture);
    }

    [LongFact("two hundred connections take their time on a busy host")]
    public async Task Attach_TwoHundredAtOnce_EachSeesTheOutput()
    {
        await StartStreamsPodAsync("audience");
        using var identity = X509Certificate2.CreateFromPemFile(cluster.Plane.Pki.PathOf("apiserver-kubelet-client.crt"), cluster.Plane.Pki.PathOf("apiserver-kubelet-client.key"));
        using var usable = X509CertificateLoader.LoadPkcs12(identity.Export(X509ContentType.Pkcs12), null);
        var sockets = new List<ClientWebSocket>();
        try
        {
            foreach (var batch in Enumerable.Range(0, Watchers).Chunk(20))
            {
                sockets.AddRange(await Task.WhenAll(batch.Select(_ => ConnectAsync(usable, "/attach/default/audience/main?input=1&output=1"))));
            }

            await sockets[0].SendAsync(new byte[] { 0 }.Concat("everybody\n"u8.ToArray()).ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);

            await Task.WhenAll(sockets.Select(s => ReadUntilAsync(s, "got everybody"))).WaitAsync(StreamPatience);
        }
        finally
        {
            sockets.ForEach(s => s.Dispose());
        }

        await cluster.KubectlAsync("delete", "pod", "audience", "--now");
    }

    /// <summary>A command that reads and writes nothing would not notice that its client is gone.</summary>
    private async Task CommandOfAKilledClientEndsAsync(string pod)
    {
        var length = (100_000 + Random.Shared.Next(100_000)).ToString(CultureInfo.InvariantCulture);
        using var client = Kubectls.Start(cluster.Plane.Binaries.Kubectl, cluster.Plane, "exec", pod, "--", "sleep", length);
        await Wait.UntilAsync("the command to run", StreamPatience, () => Task.FromResult(ProcessUse.Runs(["sleep", length])));
        client.Kill();
        await Wait.UntilAsync("the command to end", StreamPatience, () => Task.FromResult(!ProcessUse.Runs(["sleep", length])));
    }

    /// <summary>Echoes the lines of its input, and counts on port 7000 the bytes of each connection once the client has no more.</summary>
    private async Task StartStreamsPodAsync(string name)
    {
        await cluster.ApplyAsync(Pod(name, "nc -ll -p 7000 -e sh -c \"echo counting; wc -c\" & while read line; do echo got $line; done; sleep 3600", "    stdin: true"));
        await cluster.WaitForPodReadyAsync(name);
    }

    private async Task ExecAsync(string kubectl)
    {
        var folder = Directory.CreateTempSubdirectory("na-exec-").FullName;
        try
        {
            var file = Path.Combine(folder, "data");
            await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(5_000_000));
            var back = await ShellAsync($"{kubectl} --kubeconfig {cluster.Plane.AdminKubeconfig} exec -i streams -- cat < {file} > {file}.back; echo $?");
            Assert.Equal("0", back.Output.Trim());
            Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(file + ".back"));

            var failed = await Command.RunAsync(kubectl, ["--kubeconfig", cluster.Plane.AdminKubeconfig, "exec", "streams", "--", "sh", "-c", "echo out; echo err >&2; exit 42"], throwOnFailure: false);
            Assert.Equal((42, "out\n"), (failed.ExitCode, failed.Output));
            Assert.StartsWith("err\n", failed.Error, StringComparison.Ordinal);

            // More input than all buffers on the way hold, and nobody who reads it. containerd 1.6 waits for it to be taken.
            if (cluster.Engine is DockerHost)
            {
                var unread = await ShellAsync($"head -c 30000000 /dev/zero | {kubectl} --kubeconfig {cluster.Plane.AdminKubeconfig} exec -i streams -- sh -c 'sleep 1; exit 43'; echo $?");
                Assert.Equal("43", unread.Output.Trim());
            }

            var terminal = await ShellAsync($"sleep 4 | script -qec 'stty rows 33 cols 77; {kubectl} --kubeconfig {cluster.Plane.AdminKubeconfig} exec -it streams -- sh -c \"sleep 1; stty size; tty\"' /dev/null");
            Assert.Contains("33 77", terminal.Output, StringComparison.Ordinal);
            Assert.Contains("/dev/pts/", terminal.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task AttachAndFollowAsync(string kubectl)
    {
        var word = "word-" + Guid.NewGuid().ToString("N");
        using var following = Kubectls.Start(kubectl, cluster.Plane, "logs", "-f", "--tail=0", "streams");
        using var attached = Kubectls.Start(kubectl, cluster.Plane, "attach", "-i", "streams");
        try
        {
            // Who follows sees what comes after that has begun.
            var followed = ReadLinesUntilAsync(following.StandardOutput, "got " + word);
            do
            {
                await attached.StandardInput.WriteAsync(word + "\n");
                await attached.StandardInput.FlushAsync();
                await ReadLinesUntilAsync(attached.StandardOutput, "got " + word);
            }
            while (await Task.WhenAny(followed, Task.Delay(TimeSpan.FromMilliseconds(300))) != followed);
            await followed;
        }
        finally
        {
            attached.Kill();
            following.Kill();
        }
    }

    private async Task CopyAsync(string kubectl)
    {
        var folder = Directory.CreateTempSubdirectory("na-cp-").FullName;
        try
        {
            var file = Path.Combine(folder, "data");
            await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(2_000_000));
            await Command.RunAsync(kubectl, ["--kubeconfig", cluster.Plane.AdminKubeconfig, "cp", file, "streams:/tmp/copied"]);
            await Command.RunAsync(kubectl, ["--kubeconfig", cluster.Plane.AdminKubeconfig, "cp", "streams:/tmp/copied", file + ".back"]);
            Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(file + ".back"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Many connections at once; each is answered after its client has said that it has no more. Busybox has room for one that waits: they come one after the other.</summary>
    private async Task ForwardAsync(string kubectl)
    {
        using var forward = Kubectls.Start(kubectl, cluster.Plane, "port-forward", "pod/streams", ":7000");
        var (clients, readers) = (new List<TcpClient>(), new List<StreamReader>());
        try
        {
            var local = await LocalPortAsync(forward);
            foreach (var _ in Enumerable.Range(0, Connections))
            {
                var client = new TcpClient();
                clients.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, local);
                readers.Add(new StreamReader(client.GetStream()));
                Assert.Equal("counting", await readers[^1].ReadLineAsync().WaitAsync(StreamPatience));
            }

            var answers = await Task.WhenAll(clients.Select(async (client, i) =>
            {
                await client.GetStream().WriteAsync(new byte[50_000 + i]);
                client.Client.Shutdown(SocketShutdown.Send);
                return (await readers[i].ReadToEndAsync()).Trim();
            })).WaitAsync(StreamPatience);

            Assert.Equal(Enumerable.Range(0, Connections).Select(i => (50_000 + i).ToString(CultureInfo.InvariantCulture)), answers);
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
            forward.Kill();
        }
    }

    private async Task RefusedPortIsToldAsync(string kubectl)
    {
        using var forward = Kubectls.Start(kubectl, cluster.Plane, "port-forward", "pod/streams", ":7001");
        try
        {
            var local = await LocalPortAsync(forward);
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, local);
            await ReadLinesUntilAsync(forward.StandardError, "refused");
        }
        finally
        {
            forward.Kill();
        }
    }

    private static async Task<int> LocalPortAsync(Process forward)
    {
        var line = await forward.StandardOutput.ReadLineAsync().WaitAsync(StreamPatience) ?? throw new InvalidOperationException("kubectl port-forward ended: " + await forward.StandardError.ReadToEndAsync());
        return int.Parse(line.Split("->")[0].Split(':')[^1].Trim(), CultureInfo.InvariantCulture);
    }

    private static async Task ReadLinesUntilAsync(StreamReader reader, string wanted)
    {
        using var limit = new CancellationTokenSource(StreamPatience);
        var seen = new StringBuilder();
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            seen.AppendLine(line);
            if (line.Contains(wanted, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"\"{wanted}\" did not come, but: {seen}");
    }

    private async Task<ClientWebSocket> ConnectAsync(X509Certificate2 identity, string path)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        socket.Options.ClientCertificates.Add(identity);
#pragma warning disable CA5359 // The node's certificate is its own.
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        await socket.ConnectAsync(new Uri($"wss://{cluster.Network.Address}:{cluster.Daemons.Options.KubeletPort}{path}"), CancellationToken.None).WaitAsync(StreamPatience);
        return socket;
    }

    private static async Task ReadUntilAsync(WebSocket socket, string wanted)
    {
        var (buffer, seen) = (new byte[4096], new StringBuilder());
        while (!seen.ToString().Contains(wanted, StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
            Assert.True(received.MessageType != WebSocketMessageType.Close, $"the stream ended before \"{wanted}\" came, after: {seen}");
            if (received.Count > 0 && buffer[0] == 1)
            {
                seen.Append(Encoding.UTF8.GetString(buffer, 1, received.Count - 1));
            }
        }
    }

    private static Task<CommandResult> ShellAsync(string script) => Command.RunAsync("sh", ["-c", script], throwOnFailure: false, timeout: TimeSpan.FromMinutes(1));
}
