using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Containers;
using NSubstitute;
using Cri = NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.Kubelet.Tests.Containers;

public class RuntimeFeaturesTests
{
    private readonly IRuntimeService _runtime = Substitute.For<IRuntimeService>();
    private readonly RuntimeFeatures _features;

    public RuntimeFeaturesTests() => _features = new RuntimeFeatures(_runtime);

    [Fact]
    public async Task UserNamespaces_AfterANo_AreAskedAboutAgain_AndAfterAYesNoMore()
    {
        Answer(false);
        Assert.False(await _features.UserNamespacesAsync("", CancellationToken.None));

        Answer(true);
        Assert.True(await _features.UserNamespacesAsync("", CancellationToken.None));

        Answer(false);
        Assert.True(await _features.UserNamespacesAsync("", CancellationToken.None));
    }

    [Fact]
    public async Task UserNamespaces_OfAHandlerThatIsNotKnown_AreNone()
    {
        Answer(true);

        Assert.False(await _features.UserNamespacesAsync("other", CancellationToken.None));
    }

    /// <summary>It is wanted for each mount, and most engines say no.</summary>
    [Fact]
    public async Task RecursiveReadOnly_IsAskedAboutOnce()
    {
        Answer(false);

        Assert.False(await _features.RecursiveReadOnlyAsync("", CancellationToken.None));
        Assert.False(await _features.RecursiveReadOnlyAsync("", CancellationToken.None));

        await _runtime.Received(1).StatusAsync(Arg.Any<bool>(), Arg.Any<CancellationToken>());
    }

    private void Answer(bool hasUsers) => _runtime.StatusAsync(Arg.Any<bool>(), Arg.Any<CancellationToken>())
        .Returns(new Cri.StatusResponse { RuntimeHandlers = { new Cri.RuntimeHandler { Features = new Cri.RuntimeHandlerFeatures { UserNamespaces = hasUsers } } } });
}
