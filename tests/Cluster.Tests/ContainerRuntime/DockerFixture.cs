using System.Globalization;
using System.Text.Json;
using NodeAgent.ContainerRuntime;
using NodeAgent.DevCluster.Containers;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>A Docker Engine of the tests' own, its pods on a CNI bridge.</summary>
public sealed class DockerFixture : IEngineFixture, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-docker-").FullName;
    private FixtureSlot? _slot;
    private DockerHost? _host;

    public IRuntimeService Runtime => Host.Client.Runtime;

    public IImageService Images => Host.Client.Images;

    public string LogFolder => Path.Combine(_folder, "logs");

    public string CgroupParent => "/nodeagent-" + Path.GetFileName(_folder);

    public DockerHost Host => _host ?? throw new InvalidOperationException("the fixture has not been started");

    public DockerHostOptions Options { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _slot = FixtureSlot.Take();
        var number = _slot.Number.ToString(CultureInfo.InvariantCulture);
        Options = new DockerHostOptions(_folder, "na-dock" + number, $"10.215.{number}.0/24");
        _host = await DockerHost.StartAsync(Options);
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

    public async Task<string[]> ReadLogAsync(string path)
    {
        var lines = await File.ReadAllLinesAsync(path);

        // Where a log was cut there are spaces, before a line or alone at the end.
        return [.. lines.Where(l => l.Trim(' ').Length > 0).Select(ToCri)];
    }

    public Task StopEngineAsync() => Host.StopEngineAsync();

    public Task StartEngineAsync() => Host.StartEngineAsync();

    public Task FreezeAsync(bool frozen) => FrozenProcess.SetAsync(Host.Process.Id, frozen);

    // The engine's json-file format: a line without its end is a part of one.
    private static string ToCri(string line)
    {
        using var json = JsonDocument.Parse(line);
        var text = json.RootElement.GetProperty("log").GetString()!;
        var tag = text.EndsWith('\n') ? "F" : "P";
        return $"{json.RootElement.GetProperty("time").GetString()} {json.RootElement.GetProperty("stream").GetString()} {tag} {text.TrimEnd('\n')}";
    }
}
