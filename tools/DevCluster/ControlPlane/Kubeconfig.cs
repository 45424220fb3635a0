namespace NodeAgent.DevCluster.ControlPlane;

/// <summary>Writes kubeconfig files that name certificate files.</summary>
public static class Kubeconfig
{
    public static void Write(string file, Uri server, string caFile, string certificateFile, string keyFile, string user)
    {
        var text = $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: nodeagent
              cluster:
                server: {server.GetLeftPart(UriPartial.Authority)}
                certificate-authority: {caFile}
            users:
            - name: {user}
              user:
                client-certificate: {certificateFile}
                client-key: {keyFile}
            contexts:
            - name: nodeagent
              context:
                cluster: nodeagent
                user: {user}
            current-context: nodeagent

            """;
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
