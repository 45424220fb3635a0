using System.Diagnostics;
using System.Globalization;
using NodeAgent.ContainerRuntime.Host;

namespace NodeAgent.ContainerRuntime.Tests.Host;

public sealed class ExecProcessesTests
{
    [Fact]
    public void Parse_NameWithSpacesAndBrackets_AllFieldsAreFound()
    {
        var stat = ProcessStat.Parse("1234 (a) b (c)) S 17 1234 1230 0 -1 4194560 131 0 0 0 0 0 0 0 20 0 1 0 68912 2506752 231 18446744073709551615\n");

        Assert.Equal(new ProcessStat(17, 1230, TimeSpan.FromSeconds(689.12)), stat);
    }

    [Fact]
    public void Find_SiblingsOfTheMainProcess_OnlyTheOneThatLeadsItsSessionAndRunsTheCommand()
    {
        var length = (200_000 + Environment.ProcessId).ToString(CultureInfo.InvariantCulture);
        var before = Libc.UpTime() - TimeSpan.FromMilliseconds(10);
        using var main = Process.Start("sleep", "300000");
        using var wanted = Process.Start("setsid", ["sleep", length]);
        using var follower = Process.Start("sleep", length);
        try
        {
            SpinWait.SpinUntil(() => ProcessStat.Read(wanted.Id)?.Session == wanted.Id && CommandOf(wanted.Id) == "sleep" && CommandOf(follower.Id) == "sleep", TimeSpan.FromSeconds(10));

            Assert.Equal([wanted.Id], ExecProcesses.Find(main.Id, ["sleep", length], before));
            Assert.Empty(ExecProcesses.Find(main.Id, ["sleep", length], Libc.UpTime() + TimeSpan.FromSeconds(1)));
            Assert.Empty(ExecProcesses.Find(main.Id, ["sleep"], before));
            Assert.Empty(ExecProcesses.Find(1, ["sleep", length], before));
        }
        finally
        {
            main.Kill();
            wanted.Kill();
            follower.Kill();
        }
    }

    [Fact]
    public void UpTime_IsWhenAProcessThatStartsNowStarts()
    {
        using var process = Process.Start("sleep", "300000");
        try
        {
            Assert.InRange(Libc.UpTime() - ProcessStat.Read(process.Id)!.Value.Start, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        }
        finally
        {
            process.Kill();
        }
    }

    private static string CommandOf(int process) => File.ReadAllText($"/proc/{process}/cmdline").Split('\0')[0];
}
