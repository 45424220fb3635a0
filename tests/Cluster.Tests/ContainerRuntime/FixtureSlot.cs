namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>A number that no other test run on this host has at the same time, for the names of bridges and for subnets.</summary>
internal sealed class FixtureSlot : IDisposable
{
    private const string Folder = "/run/nodeagent-test-slots";
    private readonly FileStream _lock;

    private FixtureSlot(int number, FileStream held)
    {
        Number = number;
        _lock = held;
    }

    public int Number { get; }

    public static FixtureSlot Take()
    {
        Directory.CreateDirectory(Folder);
        for (var number = 0; number < 250; number++)
        {
            try
            {
                return new FixtureSlot(number, new FileStream(Path.Combine(Folder, $"{number}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                // Somebody else has it.
            }
        }

        throw new InvalidOperationException($"all 250 slots in {Folder} are taken");
    }

    public void Dispose() => _lock.Dispose();
}
