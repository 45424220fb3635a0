using System.Runtime.CompilerServices;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>The packages that ./dev pack left.</summary>
internal static class Package
{
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>From NODEAGENT_PACKAGES, else where ./dev puts them.</summary>
    public static string Folder => Environment.GetEnvironmentVariable("NODEAGENT_PACKAGES") is { Length: > 0 } given ? given : Path.Combine(RepositoryRoot, "artifacts/packages");

    /// <summary>The newest .deb there.</summary>
    public static string FileName =>
        (Directory.Exists(Folder) ? Directory.GetFiles(Folder, "nodeagent_*_amd64.deb") : []).OrderByDescending(File.GetLastWriteTimeUtc).Select(Path.GetFileName).FirstOrDefault()
            ?? throw new FileNotFoundException($"there is no nodeagent_*.deb in {Folder}: run ./dev pack, or name a folder with NODEAGENT_PACKAGES");

    private static string FindRoot([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../.."));
}
