using NodeAgent.Reference;

const string Usage = """
    usage: reference COMMAND FOLDER [DATE]
      docs        write configure.md
      metrics     write metrics.md from kubelet.json, kube-scheduler.json and kube-proxy.json in the same folder:
                  each page of the daemon with its answer to ?families
      man         write the man pages; DATE is what stands in their footers
      completion  write the completions of bash, zsh and fish
    """;

if (args.Length is < 2 or > 3)
{
    await Console.Error.WriteLineAsync(Usage);
    return 2;
}

var (command, folder) = (args[0], Directory.CreateDirectory(args[1]).FullName);
IEnumerable<GeneratedFile> files = command switch
{
    "docs" => [new GeneratedFile("configure.md", ConfigurePage.Write(DaemonReferences.All))],
    "metrics" => [new GeneratedFile("metrics.md", MetricsPage.Write(DaemonReferences.All.Select(d => (d.Name, File.ReadAllText(Path.Combine(folder, d.Name + ".json"))))))],
    "man" => DaemonReferences.All.SelectMany(d => ManPages.Write(d, args.ElementAtOrDefault(2) ?? "")),
    "completion" => DaemonReferences.All.SelectMany(Completions.Write),
    _ => [],
};
var written = 0;
foreach (var file in files)
{
    await File.WriteAllTextAsync(Path.Combine(folder, file.Name), file.Text);
    written++;
}

if (written == 0)
{
    await Console.Error.WriteLineAsync(Usage);
    return 2;
}

return 0;
