using NodeAgent.ContainerRuntime;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>A real container engine for the contract tests, with the test images in it.</summary>
public interface IEngineFixture
{
    IRuntimeService Runtime { get; }

    IImageService Images { get; }

    /// <summary>Where the logs of the tests' pods go.</summary>
    string LogFolder { get; }

    /// <summary>A cgroup of the tests' own, for the pods.</summary>
    string CgroupParent { get; }

    /// <summary>The lines of a container's log in CRI's format, whichever the engine writes; the kubelet reads both.</summary>
    Task<string[]> ReadLogAsync(string path);

    /// <summary>Ends the engine; containers keep running where the engine can do that.</summary>
    Task StopEngineAsync();

    Task StartEngineAsync();

    /// <summary>Stops the engine's process with SIGSTOP, so that it takes connections and answers nothing, or lets it go on.</summary>
    Task FreezeAsync(bool frozen);
}
