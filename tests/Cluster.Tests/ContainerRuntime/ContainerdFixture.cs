using System.Globalization;
using NodeAgent.ContainerRuntime;
using NodeAgent.DevCluster.Containers;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>A containerd of the tests' own.</summary>
public sealed class ContainerdFixture : IEngineFixture, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-cri-").FullName;
    private FixtureSlot? _slot;
    private ContainerdHost? _host;

    public IRuntimeService Runtime => _host!.Client.Runtime;

    public IImageService Images => _host!.Client.Images;

    public string LogFolder => Path.Combine(_folder, "logs");

    public string CgroupParent => "/nodeagent-" + Path.GetFileName(_folder);

    public string Endpoint => _host!.Endpoint;

    public async Task InitializeAsync()
    {
        _slot = FixtureSlot.Take();
        var number = _slot.Number.ToString(CultureInfo.InvariantCulture);
        _host = await ContainerdHost.StartAsync(new ContainerdOptions(_folder, "na-cri" + number, $"10.214.{number}.0/24"));
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        CgroupFolders.Remove(CgroupParent);
        Directory.Delete(_folder, recursive: true);
        _slot?.Dispose();
    }

    public Task<string[]> ReadLogAsync(string path) => File.ReadAllLinesAsync(path);

    public Task StopEngineAsync() => _host!.StopEngineAsync();

    public Task StartEngineAsync() => _host!.StartEngineAsync();

    public Task FreezeAsync(bool frozen) => FrozenProcess.SetAsync(_host!.Process.Id, frozen);
}
