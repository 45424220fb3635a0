using NodeAgent.DevCluster.Up;

try
{
    switch (args)
    {
        case ["up", .. var rest]:
            await UpCommand.RunAsync(UpOptions.Parse(rest));
            return 0;
        case ["down"]:
            await DownCommand.RunAsync();
            return 0;
        default:
            await Console.Error.WriteLineAsync("usage: dev-cluster up [--runtime=containerd|docker] [--standalone] | down");
            return 2;
    }
}
catch (Exception e) when (e is InvalidOperationException or TimeoutException or ArgumentException or IOException)
{
    await Console.Error.WriteLineAsync($"dev-cluster: {e.Message}");
    return 1;
}
