using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Users;
using Cri = NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.Kubelet.Tests.Users;

public sealed class UserNamespacesTests : IDisposable
{
    private const uint Unit = PodIds.Unit;
    private static readonly PodUid One = new("one");
    private static readonly PodUid Two = new("two");

    private readonly string _folder = Directory.CreateTempSubdirectory("na-users-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void For_APod_IsTheSameRangeForUsersAndGroups_AtEveryCall()
    {
        var given = Users().For(One);

        Assert.Equal(Cri.NamespaceMode.Pod, given.Mode);
        Assert.Equal(new Cri.IDMapping { HostId = Unit, ContainerId = 0, Length = Unit }, Assert.Single(given.Uids));
        Assert.Equal(given.Uids, given.Gids);
        Assert.Equal(given, Users().For(One));
    }

    [Fact]
    public void For_AnotherPod_AfterARestart_IsAnotherRange()
    {
        Users().For(One);

        Assert.Equal(2 * Unit, FirstOf(Users(), Two));
    }

    [Fact]
    public void For_AllTaken_SaysSo_UntilAFolderIsGone()
    {
        var users = Users(places: 1);
        users.For(One);

        Assert.Contains("no users are left", Assert.Throws<ContainerConfigException>(() => users.For(Two)).Message, StringComparison.Ordinal);

        Directory.Delete(Path.Combine(_folder, "pods", "one"), recursive: true);
        Assert.Equal(Unit, FirstOf(users, Two));
    }

    [Fact]
    public void For_OtherSettings_APodKeepsWhatItHas()
    {
        var before = Users().For(One);
        var users = new UserNamespaces(Paths, new IdRange(4 * Unit, 4 * Unit), 2 * Unit, _ => 0);

        Assert.Equal(before, users.For(One));
        Assert.Equal(2 * Unit, Assert.Single(users.For(Two).Uids).Length);
    }

    [Theory]
    [InlineData("half a fi")]
    [InlineData("{}")]
    public void For_AfterDamageToAPodsFile_ThatPodIsNamed_AndNobodyGetsItsUsers(string content)
    {
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "pods", "one")).FullName, MappingFile.Name);
        File.WriteAllText(file, content);

        foreach (var pod in (PodUid[])[One, Two])
        {
            var message = Assert.Throws<ContainerConfigException>(() => Users().For(pod)).Message;
            Assert.StartsWith($"which users pod one has is not known: checkpoint {file} is damaged: ", message, StringComparison.Ordinal);
            Assert.EndsWith("; put back what the file held, or delete that pod", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void For_StartsToLook_WhereChanceSays() => Assert.Equal(3 * Unit, FirstOf(new UserNamespaces(Paths, new IdRange(Unit, 4 * Unit), Unit, places => places - 2), One));

    [Fact]
    public void Apply_EveryMountAndTheContainer_HaveThem()
    {
        var users = Users().For(One);
        var config = new Cri.ContainerConfig
        {
            Mounts = { new Cri.Mount(), new Cri.Mount() },
            Linux = new Cri.LinuxContainerConfig { SecurityContext = new Cri.LinuxContainerSecurityContext { NamespaceOptions = new Cri.NamespaceOption() } },
        };

        UserNamespaces.Apply(config, users);

        Assert.All(config.Mounts, m => Assert.Equal((users.Uids, users.Gids), (m.UidMappings, m.GidMappings)));
        Assert.Equal(users, config.Linux.SecurityContext.NamespaceOptions.UsernsOptions);
    }

    private PodPaths Paths => new(_folder, _folder, _folder);

    private UserNamespaces Users(uint places = 4) => new(Paths, new IdRange(Unit, places * Unit), Unit, _ => 0);

    private static uint FirstOf(UserNamespaces users, PodUid pod) => Assert.Single(users.For(pod).Uids).HostId;
}
