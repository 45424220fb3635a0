using System.Diagnostics;

namespace NodeAgent.Reference.Tests;

public sealed class CompletionsTests
{
    [Fact]
    public void Bash_IsAcceptedByBash_AndKnowsEveryFlag()
    {
        foreach (var daemon in DaemonReferences.All)
        {
            var script = Completions.Write(daemon).Single(f => f.Name.EndsWith(".bash", StringComparison.Ordinal)).Text;
            using var bash = Process.Start(new ProcessStartInfo("bash", ["-n"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
            bash.StandardInput.Write(script);
            bash.StandardInput.Close();
            bash.WaitForExit();

            Assert.Equal("", bash.StandardError.ReadToEnd());
            Assert.All(daemon.ActiveFlags, f => Assert.Matches($"[ ']--{f.Name}[= ']", script));
        }
    }

    [Fact]
    public void Fish_CompletesFilesForFlagsThatNameOne()
    {
        var script = Completions.Write(DaemonReferences.All[0]).Single(f => f.Name.EndsWith(".fish", StringComparison.Ordinal)).Text;

        Assert.Contains("-l kubeconfig -r -F -d", script, StringComparison.Ordinal);
        Assert.Contains("-l max-pods -x -d", script, StringComparison.Ordinal);
        Assert.Contains("-l v -s v -x -d", script, StringComparison.Ordinal);
    }
}
