using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>Certificates that come to their end.</summary>
public sealed partial class KubeletServerTests
{
    [LongFact("a certificate comes to its end in half a minute")]
    public async Task ClientCertificate_NearItsEnd_IsRenewed_AndNoConnectionIsDropped()
    {
        // Half of a minute's life is over: the next is asked for between 12 and 24 seconds from now, six before the end at the least.
        const string Node = "renewer";
        var now = DateTimeOffset.UtcNow;
        var kubeconfig = WriteIdentity(Node, now.AddSeconds(-30), now.AddSeconds(30));
        var before = Thumbprint(Node);
        var process = await kubelet.StartAsync(Node, Ports.Free(), kubeconfig);
        await Wait.UntilAsync("the node to be there", Patience, async () => await kubelet.Plane.Reader.GetAsync(ObjectPaths.Of("node", Node)) is not null, () => process.LogTail(), TimeSpan.FromMilliseconds(200));
        var connections = await ConnectionsAsync(process.Id);
        Assert.NotEmpty(connections);

        await Wait.UntilAsync("another client certificate", Patience, () => Task.FromResult(Thumbprint(Node) != before), () => process.LogTail(), TimeSpan.FromMilliseconds(200));
        using var renewed = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(kubelet.PkiOf(Node), "kubelet-client-current.pem"));

        Assert.Equal("CN=system:node:renewer, O=system:nodes", string.Join(", ", renewed.Subject.Split(", ").Order()));
        Assert.True(renewed.NotAfter.ToUniversalTime() > now.AddHours(1).UtcDateTime);
        Assert.Superset(connections, await ConnectionsAsync(process.Id));
        Assert.Contains(
            "kubernetes.io/kube-apiserver-client-kubelet system:node:renewer Approved",
            (await kubelet.Plane.KubectlAsync(["get", "csr", "-o", "jsonpath={range .items[*]}{.spec.signerName} {.spec.username} {.status.conditions[0].type}{\"\\n\"}{end}"])).Output,
            StringComparison.Ordinal);
        await process.StopAsync();
    }

    [Fact]
    public async Task ClientCertificate_Expired_IsSaidInWords()
    {
        const string Node = "late";
        var kubeconfig = WriteIdentity(Node, DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(-3));

        var process = await kubelet.StartAsync(Node, Ports.Free(), kubeconfig);

        await Wait.UntilAsync("the kubelet to say so", Patience, async () => (await File.ReadAllTextAsync(process.LogFile)).Contains("3 days ago", StringComparison.Ordinal), () => process.LogTail(), TimeSpan.FromMilliseconds(200));
        Assert.Contains("cannot be used: it expired on ", await File.ReadAllTextAsync(process.LogFile), StringComparison.Ordinal);
        Assert.True(process.IsRunning, "static pods need a kubelet, with an API server or without");
        await process.StopAsync();
    }

    [Fact]
    public async Task ClientCertificate_NotYetValid_NamesTheClock()
    {
        const string Node = "early";
        var kubeconfig = WriteIdentity(Node, DateTimeOffset.UtcNow.AddHours(5), DateTimeOffset.UtcNow.AddDays(3));

        var process = await kubelet.StartAsync(Node, Ports.Free(), kubeconfig);

        await Wait.UntilAsync("the kubelet to say so", Patience, async () => (await File.ReadAllTextAsync(process.LogFile)).Contains("set the clock right (timedatectl)", StringComparison.Ordinal), () => process.LogTail(), TimeSpan.FromMilliseconds(200));
        await process.StopAsync();
    }

    /// <summary>A client certificate of the cluster's CA with this life, where a kubelet keeps its own, and a kubeconfig with it.</summary>
    private string WriteIdentity(string node, DateTimeOffset from, DateTimeOffset until)
    {
        var pki = kubelet.PkiOf(node);
        Directory.CreateDirectory(pki);
        using var issuer = X509Certificate2.CreateFromPemFile(kubelet.Plane.Pki.CaFile, kubelet.Plane.Pki.CaKeyFile);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName("system:nodes");
        subject.AddCommonName("system:node:" + node);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!), from, until, RandomNumberGenerator.GetBytes(8));
        var file = Path.Combine(pki, "kubelet-client-first.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        var current = Path.Combine(pki, "kubelet-client-current.pem");
        File.CreateSymbolicLink(current, file);
        var kubeconfig = Path.Combine(pki, "..", "kubelet.conf");
        DevCluster.ControlPlane.Kubeconfig.Write(kubeconfig, kubelet.Plane.Server, kubelet.Plane.Pki.CaFile, current, current, "default-auth");
        return kubeconfig;
    }

    private string Thumbprint(string node)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(kubelet.PkiOf(node), "kubelet-client-current.pem"));
        return certificate.Thumbprint;
    }

    /// <summary>The local ends of a process's connections to the API server.</summary>
    private async Task<HashSet<string>> ConnectionsAsync(int process)
    {
        var lines = (await Command.RunAsync("nsenter", [$"--net=/proc/{process}/ns/net", "ss", "-Htnp", "state", "established", $"( dport = :{kubelet.Plane.Server.Port} )"])).Output.Split('\n');
        return [.. lines.Where(l => l.Contains($"pid={process},", StringComparison.Ordinal)).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2])];
    }
}
