namespace NodeAgent.KubeApi.Manifests;

/// <summary>Collects what is wrong with one source.</summary>
internal sealed class ErrorList(string source)
{
    private readonly List<ManifestError> _errors = [];

    public string Source => source;

    public int Count => _errors.Count;

    public IReadOnlyList<ManifestError> Errors => _errors;

    public void Add(int line, int column, string path, string message) => _errors.Add(new ManifestError(source, line, column, path, message));

    public void Add(ManifestNode at, string path, string message) => Add(at.Line, at.Column, path, message);
}
