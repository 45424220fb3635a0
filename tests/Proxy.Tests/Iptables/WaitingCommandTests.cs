using System.Text;
using NodeAgent.Proxy.Iptables;

namespace NodeAgent.Proxy.Tests.Iptables;

/// <summary>Programs of the shell in the place of iptables-restore.</summary>
public sealed class WaitingCommandTests : IDisposable
{
    /// <summary>Echoes what iptables-nft-restore does; refuses the line BAD.</summary>
    private const string Echoing = "while read -r l; do case \"$l\" in '#'*) echo \"$l\";; BAD) echo 'line 3 failed' >&2; exit 4;; *) echo \"$$ $l\" >> \"$0\";; esac; done";
    private const string Silent = "cat > /dev/null; echo \"$$ silent\" >> \"$0\"";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task RunAsync_ProgramThatEchoes_TakesInputAfterInput()
    {
        using var command = New(Echoing, echoes: true);

        var first = await RunAsync(command, "one\n");
        var second = await RunAsync(command, "two\nthree\n");

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(["one", "two", "three"], Taken().Select(t => t.Input));
        Assert.Single(Taken().Select(t => t.Process).Distinct());
    }

    [Fact]
    public async Task RunAsync_SecondInputRefused_SaysSoAndTrustsNoProcessWithMoreThanOneAgain()
    {
        using var command = New(Echoing, echoes: true);
        await RunAsync(command, "one\n");

        var refused = await RunAsync(command, "BAD\n");
        var third = await RunAsync(command, "three\n");
        var fourth = await RunAsync(command, "four\n");

        Assert.Equal((4, "line 3 failed", 3), (refused.ExitCode, refused.Error, refused.LinesBefore));
        Assert.Equal((0, 0), (third.ExitCode, fourth.ExitCode));
        Assert.Equal(["one", "three", "four"], Taken().Select(t => t.Input));
        Assert.Equal(3, Taken().Select(t => t.Process).Distinct().Count());
    }

    [Fact]
    public async Task RunAsync_FirstInputRefused_GoesOnWithAnotherProcess()
    {
        using var command = New(Echoing, echoes: true);

        var refused = await RunAsync(command, "BAD\n");
        await RunAsync(command, "one\n");
        await RunAsync(command, "two\n");

        Assert.Equal(4, refused.ExitCode);
        Assert.Equal(["one", "two"], Taken().Select(t => t.Input));
        Assert.Single(Taken().Select(t => t.Process).Distinct());
    }

    [Fact]
    public async Task RunAsync_ManyBytes_GoToSeveralProcesses()
    {
        using var command = New(Echoing, echoes: true);
        var large = string.Join('\n', Enumerable.Repeat(new string('x', 60_000), 10)) + "\n";

        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(0, (await RunAsync(command, large)).ExitCode);
        }

        Assert.Equal(2, Taken().Select(t => t.Process).Distinct().Count());
    }

    [Fact]
    public async Task RunAsync_ProgramThatEndsAtOnce_GivesItsErrorEachTime()
    {
        using var command = New("echo 'no such table' >&2; exit 3", echoes: true);

        var first = await RunAsync(command, "one\n");
        var second = await RunAsync(command, "two\n");

        Assert.Equal((3, "no such table"), (first.ExitCode, first.Error));
        Assert.Equal((3, "no such table"), (second.ExitCode, second.Error));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_ProgramThatDoesNotEcho_TakesOneInputPerProcess(bool thoughtToEcho)
    {
        using var command = new WaitingCommand("/bin/sh", ["-c", Silent, _file], thoughtToEcho) { EchoPatience = TimeSpan.FromMilliseconds(20) };

        await RunAsync(command, "one\n");
        await RunAsync(command, "two\n");

        Assert.Equal(2, Taken().Select(t => t.Process).Distinct().Count());
    }

    private static Task<CommandResult> RunAsync(WaitingCommand command, string input) => command.RunAsync(Encoding.ASCII.GetBytes(input), default);

    private WaitingCommand New(string script, bool echoes) => new("/bin/sh", ["-c", script, _file], echoes);

    private List<(string Process, string Input)> Taken() =>
        [.. File.ReadLines(_file).Select(l => l.Split(' ', 2)).Select(p => (p[0], p[1]))];
}
