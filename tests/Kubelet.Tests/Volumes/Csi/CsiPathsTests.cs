using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Volumes.Csi;

namespace NodeAgent.Kubelet.Tests.Volumes.Csi;

public sealed class CsiPathsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("na-csi-").FullName;
    private readonly CsiPaths _paths;

    public CsiPathsTests()
    {
        _paths = new CsiPaths(new PodPaths(_root, Path.Combine(_root, "logs"), Path.Combine(_root, "links")));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void InUse_NamesStagedPublishedAndBlockVolumes_Once_AndNoInlineOnes()
    {
        Assert.Empty(_paths.InUse());

        CsiData.Write(Made(Path.GetDirectoryName(_paths.Staging("a.test", "one", "pv-1", isBlock: false))!), Data("a.test", "one"));
        CsiData.Write(Made(Path.GetDirectoryName(_paths.Target(new PodUid("u1"), "pv-1", isBlock: false))!), Data("a.test", "one"));
        CsiData.Write(Made(Path.GetDirectoryName(_paths.Target(new PodUid("u2"), "pv-3", isBlock: false))!), Data("b.test", "unstaged"));
        CsiData.Write(Made(Path.GetDirectoryName(_paths.Target(new PodUid("u2"), "inline", isBlock: false))!), Data("a.test", "csi-0815", "Ephemeral"));
        CsiData.Write(Made(_paths.BlockData("pv-2")), Data("a.test", "two"));
        File.WriteAllText(Path.Combine(Made(Path.GetDirectoryName(_paths.Target(new PodUid("u3"), "damaged", isBlock: false))!), "vol_data.json"), "{");

        Assert.Equal(["kubernetes.io/csi/a.test^one", "kubernetes.io/csi/a.test^two", "kubernetes.io/csi/b.test^unstaged"], _paths.InUse());
    }

    private static string Made(string folder) => Directory.CreateDirectory(folder).FullName;

    private static Dictionary<string, string> Data(string driver, string handle, string lifecycle = "Persistent") =>
        new() { [CsiData.Driver] = driver, [CsiData.Handle] = handle, [CsiData.Lifecycle] = lifecycle };
}
