namespace NodeAgent.Reference.Tests;

public sealed class ManPagesTests
{
    [Fact]
    public void Write_GivesTwoPagesForEachDaemon()
    {
        var names = DaemonReferences.All.SelectMany(d => ManPages.Write(d, "2026-01-01")).Select(f => f.Name);

        Assert.Equal(["kubelet.8", "kubelet-config.5", "kube-scheduler.8", "kube-scheduler-config.5", "kube-proxy.8", "kube-proxy-config.5"], names);
    }

    [Fact]
    public void Write_LeavesNoBareDashAndNoLineThatLooksLikeARequest()
    {
        foreach (var file in DaemonReferences.All.SelectMany(d => ManPages.Write(d, "2026-01-01")))
        {
            var body = file.Text.Split('\n').Skip(1).Where(l => l.Length > 0).ToArray();
            Assert.All(body.Where(l => l[0] == '.'), l => Assert.Matches(@"^\.(SH|TP|B|BR|I|IR|nf|fi)( |$)", l));
            Assert.All(body, l => Assert.DoesNotMatch(@"(?<!\\)-", l));
        }
    }
}
