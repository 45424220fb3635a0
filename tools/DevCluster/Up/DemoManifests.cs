using NodeAgent.DevCluster.Images;

namespace NodeAgent.DevCluster.Up;

/// <summary>What <c>./dev up</c> runs to show that the cluster works.</summary>
public static class DemoManifests
{
    public const int NodePort = 30080;

    /// <summary>Three replicas that answer with their own name, ready when they answer, behind one Service.</summary>
    public static string WebDeployment { get; } = $"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
        spec:
          replicas: 3
          selector:
            matchLabels:
              app: web
          template:
            metadata:
              labels:
                app: web
            spec:
              terminationGracePeriodSeconds: 5
              containers:
              - name: web
        {Container("      ")}
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: web
        spec:
          type: NodePort
          selector:
            app: web
          ports:
          - name: http
            port: 80
            targetPort: http
            nodePort: {NodePort}
        """;

    /// <summary>The same container as a pod of the manifest folder.</summary>
    public static string WebPod { get; } = $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          namespace: default
          labels:
            app: web
        spec:
          containers:
          - name: web
        {Container("  ")}
        """;

    private static string Container(string indent) => string.Join('\n', new[]
    {
        $"  image: {TestImages.BusyboxName}",
        "  imagePullPolicy: IfNotPresent",
        "  command: [sh, -c]",
        "  args:",
        "  - hostname >/www/index.html; exec httpd -f -p 8080 -h /www",
        "  ports:",
        "  - name: http",
        "    containerPort: 8080",
        "  readinessProbe:",
        "    httpGet:",
        "      path: /",
        "      port: http",
        "    periodSeconds: 2",
        "  resources:",
        "    requests:",
        "      cpu: 10m",
        "      memory: 16Mi",
    }.Select(line => indent + line));
}
