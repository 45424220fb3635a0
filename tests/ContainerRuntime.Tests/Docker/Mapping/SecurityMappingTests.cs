using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;
using ProfileType = NodeAgent.ContainerRuntime.V1.SecurityProfile.Types.ProfileType;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class SecurityMappingTests
{
    private static string NoProfile(string path) => throw new FileNotFoundException($"no {path}");

    [Theory]
    [InlineData(null, "", null, null)]
    [InlineData(1000L, "", null, "1000")]
    [InlineData(0L, "", 0L, "0:0")]
    [InlineData(null, "nobody", 65534L, "nobody:65534")]
    [InlineData(5L, "nobody", null, "nobody")]
    public void User_Combinations_AreDockersUser(long? user, string name, long? group, string? expected) =>
        Assert.Equal(expected, SecurityMapping.User(Value(user), name, Value(group)));

    [Fact]
    public void User_GroupAlone_IsRefused()
    {
        var error = Assert.Throws<RuntimeException>(() => SecurityMapping.User(null, "", Value(5)));

        Assert.Equal(RuntimeErrorCode.InvalidArgument, error.Code);
    }

    [Theory]
    [InlineData(null, "seccomp=unconfined")]
    [InlineData(ProfileType.Unconfined, "seccomp=unconfined")]
    [InlineData(ProfileType.RuntimeDefault, null)]
    public void ContainerOptions_Seccomp_OffUnlessAskedFor(ProfileType? type, string? expected)
    {
        var context = new LinuxContainerSecurityContext { Seccomp = type is null ? null : new SecurityProfile { ProfileType = type.Value } };

        Assert.Equal(expected is null ? [] : [expected], SecurityMapping.ContainerOptions(context, NoProfile));
    }

    [Fact]
    public void ContainerOptions_LocalhostSeccomp_IsTheProfileItselfOnOneLine()
    {
        var context = new LinuxContainerSecurityContext { Seccomp = new SecurityProfile { ProfileType = ProfileType.Localhost, LocalhostRef = "/p.json" } };

        var options = SecurityMapping.ContainerOptions(context, path => path == "/p.json" ? "{\n  \"defaultAction\": \"SCMP_ACT_ALLOW\"\n}\n" : "");

        Assert.Equal(["seccomp={\"defaultAction\":\"SCMP_ACT_ALLOW\"}"], options);
    }

    [Theory]
    [InlineData("relative.json", "absolute")]
    [InlineData("/missing.json", "/missing.json")]
    public void ContainerOptions_BadSeccompProfile_SaysWhich(string path, string word)
    {
        var context = new LinuxContainerSecurityContext { Seccomp = new SecurityProfile { ProfileType = ProfileType.Localhost, LocalhostRef = path } };

        var error = Assert.Throws<RuntimeException>(() => SecurityMapping.ContainerOptions(context, NoProfile));

        Assert.Equal(RuntimeErrorCode.InvalidArgument, error.Code);
        Assert.Contains(word, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProfileType.RuntimeDefault, "", "", null)]
    [InlineData(ProfileType.Unconfined, "", "", "apparmor=unconfined")]
    [InlineData(ProfileType.Localhost, "web", "localhost/old", "apparmor=web")]
    [InlineData(null, "", "localhost/old", "apparmor=old")]
    [InlineData(null, "", "unconfined", "apparmor=unconfined")]
    [InlineData(null, "", "runtime/default", null)]
    public void ContainerOptions_AppArmor_ProfileBeforeTheOldField(ProfileType? type, string reference, string legacy, string? expected)
    {
        var context = new LinuxContainerSecurityContext
        {
            Seccomp = new SecurityProfile(),
            Apparmor = type is null ? null : new SecurityProfile { ProfileType = type.Value, LocalhostRef = reference },
            ApparmorProfile = legacy,
        };

        Assert.Equal(expected is null ? [] : [expected], SecurityMapping.ContainerOptions(context, NoProfile));
    }

    [Fact]
    public void ContainerOptions_NoNewPrivilegesAndSELinux_AreAdded()
    {
        var context = new LinuxContainerSecurityContext
        {
            NoNewPrivs = true,
            Seccomp = new SecurityProfile(),
            SelinuxOptions = new SELinuxOption { Type = "container_t", Level = "s0:c1,c2" },
        };

        Assert.Equal(["no-new-privileges", "label=type:container_t", "label=level:s0:c1,c2"], SecurityMapping.ContainerOptions(context, NoProfile));
    }

    [Fact]
    public void SandboxOptions_NothingAsked_DefaultProfileAndNoNewPrivileges() =>
        Assert.Equal(["no-new-privileges"], SecurityMapping.SandboxOptions(null, NoProfile));

    private static Int64Value? Value(long? value) => value is null ? null : new Int64Value { Value = value.Value };
}
