using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Plugins.NodeVolumeLimits;
using NodeAgent.Scheduler.Plugins.VolumeRestrictions;
using NodeAgent.Scheduler.Plugins.VolumeZone;
using static NodeAgent.Scheduler.Tests.Plugins.Volumes.Storage;

namespace NodeAgent.Scheduler.Tests.Plugins.Volumes;

public sealed class VolumeFilterTests
{
    private const string Disk = "node(s) had no available disk";
    private const string InUse = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";
    private const string Zone = "node(s) had no available volume zone";
    private const string TooMany = "node(s) exceed max volume count";

    /// <summary>A node with an unlabelled second one beside it, a pod on one of them, and the pod to judge.</summary>
    private static readonly Dictionary<string, (Func<Storage, IPlugin> Plugin, Action<Storage> Storage, Node Node, Pod[] Others, Pod Pod, StatusCode Code, string Reason)> Cases = new()
    {
        ["EBS: same volume"] = (Restrictions, None, Make.Node("n"), [On("n", Ebs("x"))], PodWith("p", Ebs("x")), StatusCode.Unschedulable, Disk),
        ["EBS: another volume"] = (Restrictions, None, Make.Node("n"), [On("n", Ebs("y"))], PodWith("p", Ebs("x")), StatusCode.Success, ""),
        ["EBS: same volume elsewhere"] = (Restrictions, None, Make.Node("n"), [On("m", Ebs("x"))], PodWith("p", Ebs("x")), StatusCode.Success, ""),
        ["GCE: both read only"] = (Restrictions, None, Make.Node("n"), [On("n", Gce("x", true))], PodWith("p", Gce("x", true)), StatusCode.Success, ""),
        ["GCE: one writes"] = (Restrictions, None, Make.Node("n"), [On("n", Gce("x", true))], PodWith("p", Gce("x", false)), StatusCode.Unschedulable, Disk),
        ["iSCSI: same target"] = (Restrictions, None, Make.Node("n"), [On("n", new VolumeSource { Iscsi = new() { Iqn = "q" } })], PodWith("p", new VolumeSource { Iscsi = new() { Iqn = "q" } }), StatusCode.Unschedulable, Disk),
        ["RBD: one monitor in common"] = (Restrictions, None, Make.Node("n"), [On("n", Rbd("i", "m1", "m2"))], PodWith("p", Rbd("i", "m2", "m3")), StatusCode.Unschedulable, Disk),
        ["RBD: other monitors"] = (Restrictions, None, Make.Node("n"), [On("n", Rbd("i", "m1"))], PodWith("p", Rbd("i", "m2")), StatusCode.Success, ""),
        ["ReadWriteOncePod in use on another node"] = (Restrictions, s => s.Claims.Set(Claim("c", mode: "ReadWriteOncePod")), Make.Node("n"), [PodWith("o", "c").With(p => p.Spec.NodeName = "m")], PodWith("p", "c"), StatusCode.Unschedulable, InUse),
        ["ReadWriteOncePod, free"] = (Restrictions, s => s.Claims.Set(Claim("c", mode: "ReadWriteOncePod")), Make.Node("n"), [], PodWith("p", "c"), StatusCode.Success, ""),
        ["ReadWriteOnce in use"] = (Restrictions, s => s.Claims.Set(Claim("c")), Make.Node("n"), [PodWith("o", "c").With(p => p.Spec.NodeName = "m")], PodWith("p", "c"), StatusCode.Success, ""),
        ["zone: same"] = (Zones, s => Zoned(s, "z1"), Make.Node("n", labels: ("topology.kubernetes.io/zone", "z1")), [], PodWith("p", "c"), StatusCode.Success, ""),
        ["zone: one of two"] = (Zones, s => Zoned(s, "z0__z1"), Make.Node("n", labels: ("topology.kubernetes.io/zone", "z1")), [], PodWith("p", "c"), StatusCode.Success, ""),
        ["zone: another"] = (Zones, s => Zoned(s, "z2"), Make.Node("n", labels: ("topology.kubernetes.io/zone", "z1")), [], PodWith("p", "c"), StatusCode.UnschedulableAndUnresolvable, Zone),
        ["zone: node without any"] = (Zones, s => Zoned(s, "z2"), Make.Node("n"), [], PodWith("p", "c"), StatusCode.Success, ""),
        ["zone: old label, new node"] = (Zones, s => Zoned(s, "z1", "failure-domain.beta.kubernetes.io/zone"), Make.Node("n", labels: ("topology.kubernetes.io/zone", "z1")), [], PodWith("p", "c"), StatusCode.Success, ""),
        ["zone: region label on the node only"] = (Zones, s => Zoned(s, "z1"), Make.Node("n", labels: ("topology.kubernetes.io/region", "r")), [], PodWith("p", "c"), StatusCode.UnschedulableAndUnresolvable, Zone),
        ["limit reached"] = (Limits, s => Limited(s, 1), Make.Node("n"), [PodWith("o", "d").With(p => p.Spec.NodeName = "n")], PodWith("p", "c"), StatusCode.Unschedulable, TooMany),
        ["limit of two"] = (Limits, s => Limited(s, 2), Make.Node("n"), [PodWith("o", "d").With(p => p.Spec.NodeName = "n")], PodWith("p", "c"), StatusCode.Success, ""),
        ["limit, but the same volume"] = (Limits, s => Limited(s, 1), Make.Node("n"), [PodWith("o", "c").With(p => p.Spec.NodeName = "n")], PodWith("p", "c"), StatusCode.Success, ""),
        ["limit of zero"] = (Limits, s => Limited(s, 0), Make.Node("n"), [], PodWith("p", "c"), StatusCode.Unschedulable, TooMany),
        ["no limit told"] = (Limits, s => Limited(s, null), Make.Node("n"), [PodWith("o", "d").With(p => p.Spec.NodeName = "n")], PodWith("p", "c"), StatusCode.Success, ""),
        ["a volume not detached yet counts"] = (Limits, s =>
        {
            Limited(s, 1);
            s.Attachments.Set(new VolumeAttachment { Metadata = new() { Name = "at" }, Spec = new() { Attacher = "csi.test", NodeName = "n", Source = new() { PersistentVolumeName = "vd" } } });
        }, Make.Node("n"), [], PodWith("p", "c"), StatusCode.Unschedulable, TooMany),
        ["unbound claims of the driver's class count"] = (Limits, s =>
        {
            s.Classes.Set(Class("wait", provisioner: "csi.test"));
            s.Claims.Set(Claim("c"), Claim("e"));
            s.CsiNodes.Set(CsiNode("n", "csi.test", 1));
        }, Make.Node("n"), [], PodWith("p", "c", "e"), StatusCode.Unschedulable, TooMany),
        ["migrated in-tree disk"] = (Limits, s => s.CsiNodes.Set(Migrated(CsiNode("n", "ebs.csi.aws.com", 1))), Make.Node("n"), [On("n", Ebs("y"))], PodWith("p", Ebs("x")), StatusCode.Unschedulable, TooMany),
        ["in-tree disk, not migrated"] = (Limits, s => s.CsiNodes.Set(CsiNode("n", "ebs.csi.aws.com", 1)), Make.Node("n"), [On("n", Ebs("y"))], PodWith("p", Ebs("x")), StatusCode.Success, ""),
    };

    public static TheoryData<string> Names => new(Cases.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Filter_Table_HasUpstreamsCodeAndReason(string name)
    {
        var (plugin, fill, node, others, pod, code, reason) = Cases[name];
        var cluster = new TestCluster().With(node, Make.Node("m")).With(others);

        var status = cluster.StatusOn(plugin(With(fill)), pod, "n");

        Assert.Equal((code, reason), (status.Code, status.Message));
    }

    [Theory]
    [InlineData("", "PersistentVolumeClaim had no pv name and storageClass name")]
    [InlineData("gone", "storageclass.storage.k8s.io \"gone\" not found")]
    [InlineData("now", "PersistentVolume had no name")]
    public void PreFilter_UnboundClaimInZones_IsRefused(string storageClass, string reason)
    {
        var storage = With(s =>
        {
            s.Classes.Set(Class("now", delayed: false));
            s.Claims.Set(Claim("c", storageClass));
        });

        var decision = new TestCluster().With(Make.Node("n")).DecideBy(new VolumeZonePlugin(storage.Stores), PodWith("p", "c"));

        Assert.Equal(reason, decision.Diagnosis!.PreFilter!.Message);
    }

    [Fact]
    public void Hints_PodWithTheVolumeGoes_WakesWhoWantsIt()
    {
        var cluster = new TestCluster();
        var hint = new VolumeRestrictionsPlugin(new Storage().Stores).Interests[0].Hint!;
        var pod = cluster.Parse(PodWith("p", "c"));

        Assert.Equal(QueueingHint.Queue, hint(pod, cluster.Parse(PodWith("o", "c")), null));
        Assert.Equal(QueueingHint.Skip, hint(pod, cluster.Parse(PodWith("o", "d")), null));
    }

    [Fact]
    public void Hints_LimitGrows_WakesButNotWhenItShrinks()
    {
        var hint = new NodeVolumeLimitsPlugin(new Storage().Stores).Interests[1].Hint!;
        var pod = new TestCluster().Parse(PodWith("p", "c"));

        Assert.Equal(QueueingHint.Queue, hint(pod, CsiNode("n", "d", 1), CsiNode("n", "d", 2)));
        Assert.Equal(QueueingHint.Skip, hint(pod, CsiNode("n", "d", 2), CsiNode("n", "d", 1)));
    }

    private static VolumeRestrictionsPlugin Restrictions(Storage storage) => new(storage.Stores);

    private static VolumeZonePlugin Zones(Storage storage) => new(storage.Stores);

    private static NodeVolumeLimitsPlugin Limits(Storage storage) => new(storage.Stores);

    private static void None(Storage storage)
    {
    }

    private static void Zoned(Storage storage, string zones, string label = "topology.kubernetes.io/zone")
    {
        var volume = Volume("v", claim: "c");
        volume.Metadata.Labels[label] = zones;
        storage.Volumes.Set(volume);
        storage.Claims.Set(Claim("c", volume: "v"));
    }

    /// <summary>Claims c and d with volumes of one driver, which node n takes this many of.</summary>
    private static void Limited(Storage storage, int? limit)
    {
        storage.Volumes.Set(Csi(Volume("vc", claim: "c"), "csi.test"), Csi(Volume("vd", claim: "d"), "csi.test"));
        storage.Claims.Set(Claim("c", volume: "vc"), Claim("d", volume: "vd"));
        storage.CsiNodes.Set(CsiNode("n", "csi.test", limit));
    }

    private static CSINode Migrated(CSINode node)
    {
        node.Metadata.Annotations["storage.alpha.kubernetes.io/migrated-plugins"] = "kubernetes.io/aws-ebs,kubernetes.io/gce-pd";
        return node;
    }

    private static Pod On(string node, VolumeSource source) => PodWith("o", source).With(p => p.Spec.NodeName = node);

    private static VolumeSource Ebs(string id) => new() { AwsElasticBlockStore = new() { VolumeID = id } };

    private static VolumeSource Gce(string name, bool readOnly) => new() { GcePersistentDisk = new() { PdName = name, ReadOnly = readOnly } };

    private static VolumeSource Rbd(string image, params string[] monitors) => new() { Rbd = new() { Image = image, Monitors = { monitors } } };
}
