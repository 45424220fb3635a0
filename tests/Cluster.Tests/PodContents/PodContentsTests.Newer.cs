using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>What newer API servers know of.</summary>
public abstract partial class PodContentsTests
{
    [FactSince(36, "hostnameOverride")]
    public async Task HostnameOverride_IsTheNameInTheContainer_AndInItsHostsFile()
    {
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: Pod
            metadata: {name: overridden}
            spec:
              nodeName: $node
              hostnameOverride: box.example.org
              subdomain: passed-over
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $image, command: [sleep, "3600"]}]
            """.Fill());
        await cluster.WaitForPodReadyAsync("overridden");

        var ip = await cluster.FieldAsync("pod", "overridden", ".status.podIP");
        Assert.Equal($"box.example.org\n{ip}\tbox.example.org", await cluster.KubectlAsync("exec", "overridden", "--", "sh", "-c", "hostname; tail -n 1 /etc/hosts"));
        await cluster.KubectlAsync("delete", "pod", "overridden", "--wait=false", "--now");
    }

    [FactSince(36, "trust bundles")]
    public async Task TrustBundles_ByNameAndBySigner_AreFilesOfTheContainer()
    {
        var authority = (await File.ReadAllTextAsync(cluster.Plane.Pki.PathOf("ca.crt"))).Trim();
        var indented = authority.Replace("\n", "\n    ", StringComparison.Ordinal);
        await cluster.ApplyAsync($$$"""
            apiVersion: certificates.k8s.io/v1beta1
            kind: ClusterTrustBundle
            metadata: {name: anchors}
            spec:
              trustBundle: |
                {{{indented}}}
            ---
            apiVersion: certificates.k8s.io/v1beta1
            kind: ClusterTrustBundle
            metadata: {name: "example.org:signer:first", labels: {live: "yes"}}
            spec:
              signerName: example.org/signer
              trustBundle: |
                {{{indented}}}
            """);
        await cluster.ApplyAsync(PodWith(
            "trusting",
            "projected: {sources: [{clusterTrustBundle: {name: anchors, path: by-name.pem}}, {clusterTrustBundle: {signerName: example.org/signer, labelSelector: {matchLabels: {live: \"yes\"}}, path: by-signer.pem}}, {clusterTrustBundle: {name: absent, optional: true, path: absent.pem}}]}"));
        await cluster.WaitForPodReadyAsync("trusting");

        Assert.Equal($"{authority}\n{authority}\n0", await cluster.KubectlAsync("exec", "trusting", "--", "sh", "-c", "cat /v/by-name.pem /v/by-signer.pem; wc -c </v/absent.pem"));
        await cluster.KubectlAsync("delete", "pod", "trusting", "--wait=false", "--now");
        await cluster.KubectlAsync("delete", "clustertrustbundle", "anchors", "example.org:signer:first");
    }
}

/// <summary>What newer containerds know of.</summary>
public sealed partial class ContainerdPodContentsTests
{
    [FactOnContainerd(2, 1, 36, "volumes of images")]
    public async Task ImageVolume_IsTheImagesContent_ReadOnly_AndAPartOfIt()
    {
        await Cluster.ApplyAsync($$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: of-an-image}
            spec:
              nodeName: $node
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: $image
                command: [sleep, "3600"]
                volumeMounts: [{name: v, mountPath: /v}, {name: v, mountPath: /part, subPath: bin}]
              volumes: [{name: v, image: {reference: {{{TestImages.BusyboxName}}}, pullPolicy: IfNotPresent}}]
            """.Fill());
        await Cluster.WaitForPodReadyAsync("of-an-image");

        Assert.Equal("Read-only file system same", await Cluster.KubectlAsync("exec", "of-an-image", "--", "sh", "-c", "echo $(touch /v/x 2>&1 | sed 's/.*: //') $(cmp /v/bin/busybox /part/busybox && cmp /bin/busybox /part/busybox && echo same)"));
        await Cluster.KubectlAsync("delete", "pod", "of-an-image", "--wait=false", "--now");
    }

    [FactOnContainerd(2, 0, 36, "supplementalGroupsPolicy")]
    public async Task SupplementalGroupsPolicy_Strict_GroupsOfThePodAlone_AndTheStatusTellsThem()
    {
        await Cluster.ApplyAsync(PodWith("strict", "emptyDir: {}", "runAsUser: 1000, runAsGroup: 1500, supplementalGroups: [4000], supplementalGroupsPolicy: Strict"));
        await Cluster.WaitForPodReadyAsync("strict");

        Assert.Equal("1500 4000", await Cluster.KubectlAsync("exec", "strict", "--", "id", "-G"));
        await Cluster.WaitForFieldAsync("pod", "strict", ".status.containerStatuses[0].user.linux.uid", "1000");
        await Cluster.KubectlAsync("delete", "pod", "strict", "--wait=false", "--now");
    }

    [FactOnContainerd(2, 0, 36, "recursiveReadOnly")]
    public async Task RecursiveReadOnly_MountsBelowAreReadOnlyToo()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Cluster.Daemons.Options.Folder, "read-only")).FullName;
        var below = Directory.CreateDirectory(Path.Combine(folder, "below")).FullName;
        await Command.RunAsync("mount", ["-t", "tmpfs", "none", below]);
        await Cluster.ApplyAsync(PodWith("reads", $"hostPath: {{path: {folder}, type: Directory}}", mounts: "{name: v, mountPath: /flat, readOnly: true}, {name: v, mountPath: /deep, readOnly: true, recursiveReadOnly: Enabled}"));
        await Cluster.WaitForPodReadyAsync("reads");

        Assert.Equal("written Read-only file system", await Cluster.KubectlAsync("exec", "reads", "--", "sh", "-c", "echo $(touch /flat/below/x && echo written) $(touch /deep/below/y 2>&1 | sed 's/.*: //')"));
        await Cluster.WaitForFieldAsync("pod", "reads", ".status.containerStatuses[0].volumeMounts[1].recursiveReadOnly", "Enabled");
        await Cluster.KubectlAsync("delete", "pod", "reads", "--now");
        await Command.RunAsync("umount", [below]);
    }
}
