using System.Security.Cryptography;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>The packages as files, those that <c>./dev test</c> made before it ran this.</summary>
[Trait("Category", "Cluster")]
public sealed class PackTests
{
    [Fact]
    public async Task PackingAgain_GivesTheSameBytes_AndLintianFindsNoError()
    {
        using var again = new TemporaryFolder();
        await Command.RunAsync(
            Path.Combine(Package.RepositoryRoot, "dev"), ["pack", "--no-publish"], environment: new Dictionary<string, string> { ["NODEAGENT_PACKAGES"] = again.Path }, timeout: TimeSpan.FromMinutes(6));

        var packages = Directory.GetFiles(again.Path);
        Assert.Equal([".deb", ".gz", ".rpm"], packages.Select(Path.GetExtension).Order());
        foreach (var package in packages)
        {
            Assert.Equal(Hash(Path.Combine(Package.Folder, Path.GetFileName(package))), Hash(package));
        }

        var lintian = await Command.RunAsync("lintian", ["--fail-on", "error", packages.Single(p => p.EndsWith(".deb", StringComparison.Ordinal))], throwOnFailure: false);
        Assert.True(lintian.ExitCode == 0, lintian.Output);
        var listed = (await Command.RunAsync("rpm", ["--query", "--list", "--package", packages.Single(p => p.EndsWith(".rpm", StringComparison.Ordinal))])).Output;
        foreach (var file in new[] { "/usr/bin/kubelet", "/usr/lib/systemd/system/kube-proxy.service", "/etc/kubernetes/kubelet-config.yaml", "/usr/share/man/man8/kube-scheduler.8.gz", "/usr/share/zsh/site-functions/_kubelet" })
        {
            Assert.Contains(file + "\n", listed, StringComparison.Ordinal);
        }
    }

    private static string Hash(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("na-pack-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
