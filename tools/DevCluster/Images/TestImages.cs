using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Images;

/// <summary>The images that tests and ./dev up run, made of Debian's static programs: no registry is needed.</summary>
public static class TestImages
{
    /// <summary>
    /// Debian's catatonit in its pause mode: one static program that waits, reaps children and ends at once on SIGTERM.
    /// </summary>
    public const string PauseName = "nodeagent.test/pause:1";

    /// <summary>Debian's static busybox with links to its applets; httpd serves /www on any port that it is given.</summary>
    public const string BusyboxName = "nodeagent.test/busybox:1";

    private const string BusyboxProgram = "/bin/busybox";
    private const string CatatonitProgram = "/usr/bin/catatonit";

    /// <summary>Both images in one file; docker load and ctr images import read it.</summary>
    public static string ArchivePath { get; } = Path.Combine(Path.GetTempPath(), "nodeagent-test-images-1.tar");

    public static IReadOnlyList<string> DebianPackages { get; } = ["busybox-static", "catatonit"];

    /// <summary>Makes the archive when it is not there yet.</summary>
    public static async Task EnsureArchiveAsync()
    {
        if (!File.Exists(ArchivePath))
        {
            await ImageArchive.WriteAsync(ArchivePath, [Pause(), await BusyboxAsync()]);
        }
    }

    public static TestImage Pause()
    {
        RequireProgram(CatatonitProgram, "catatonit");
        using var builder = new ImageBuilder();
        return builder.AddProgram("pause", CatatonitProgram).Build(PauseName, ["/pause", "-P"], []);
    }

    public static async Task<TestImage> BusyboxAsync(string name = BusyboxName)
    {
        RequireProgram(BusyboxProgram, "busybox-static");
        using var builder = new ImageBuilder();
        builder.AddFolder("bin").AddProgram("bin/busybox", BusyboxProgram);
        var applets = await Command.RunAsync(BusyboxProgram, ["--list"]);
        foreach (var applet in applets.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(a => a != "busybox"))
        {
            builder.AddLink("bin/" + applet, "busybox");
        }

        return builder
            .AddFolder("etc")
            .AddText("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
            .AddText("etc/group", "root:x:0:\nnogroup:x:65534:\n")
            .AddFolder("root")
            .AddFolder("tmp", writableForAll: true)
            .AddFolder("www")
            .AddText("www/index.html", "hello from NodeAgent\n")
            .Build(name, [], ["sh"]);
    }

    private static void RequireProgram(string path, string package)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{path} is needed for the test images and is not there; install Debian's package {package}", path);
        }
    }
}
