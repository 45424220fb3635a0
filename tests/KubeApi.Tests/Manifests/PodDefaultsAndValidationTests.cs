using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.KubeApi.Tests.Manifests;

public class PodDefaultsAndValidationTests
{
    [Theory]
    [InlineData("nginx", "Always")]
    [InlineData("nginx:latest", "Always")]
    [InlineData("nginx:1.27", "IfNotPresent")]
    [InlineData("host:5000/nginx", "Always")]
    [InlineData("host:5000/nginx:v1", "IfNotPresent")]
    [InlineData("nginx@sha256:abc", "IfNotPresent")]
    [InlineData("nginx:latest@sha256:abc", "Always")]
    public void PullPolicy_ByTag(string image, string expected) => Assert.Equal(expected, PodDefaults.PullPolicy(image));

    [Fact]
    public void Apply_SmallestPod_GetsWhatTheApiServerFillsIn()
    {
        var pod = Read("""
            apiVersion: v1
            kind: Pod
            metadata: {name: a}
            spec:
              hostNetwork: true
              containers:
              - name: a
                image: x:1
                ports: [{containerPort: 80}]
                resources: {limits: {cpu: 100u, memory: 1Mi}, requests: {cpu: 0}}
                readinessProbe: {httpGet: {port: 80}}
                env: [{name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
              volumes:
              - name: none
              - {name: cm, configMap: {name: c}}
              - {name: host, hostPath: {path: /x}}
              - {name: token, projected: {sources: [{serviceAccountToken: {path: t}}]}}
            """);
        PodDefaults.Apply(pod);
        Assert.Equal(
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"volumes":[{"name":"none","emptyDir":{}},{"name":"cm","configMap":{"name":"c","defaultMode":420}},{"name":"host","hostPath":{"path":"/x","type":""}},{"name":"token","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3600,"path":"t"}}],"defaultMode":420}}],"containers":[{"name":"a","image":"x:1","ports":[{"hostPort":80,"containerPort":80,"protocol":"TCP"}],"env":[{"name":"IP","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}}],"resources":{"limits":{"cpu":"1m","memory":"1Mi"},"requests":{"cpu":"0","memory":"1Mi"}},"readinessProbe":{"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"terminationMessagePath":"/dev/termination-log","imagePullPolicy":"IfNotPresent","terminationMessagePolicy":"File"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","hostNetwork":true,"securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true}}""",
            KubeJson.ToText(pod));
        Assert.Empty(PodValidation.Validate(pod));
    }

    [Fact]
    public void Apply_PodLevelLimits_RequestsComeFromTheContainersThenTheLimits()
    {
        var pod = Read("""
            apiVersion: v1
            kind: Pod
            metadata: {name: a}
            spec:
              resources: {limits: {cpu: 2, memory: 1Gi}}
              containers: [{name: a, image: x, resources: {requests: {cpu: 500m}}}]
            """);
        PodDefaults.Apply(pod);
        Assert.Equal("500m", pod.Spec.Resources.Requests["cpu"].String);
        Assert.Equal("1Gi", pod.Spec.Resources.Requests["memory"].String);
    }

    [Theory]
    [InlineData("spec: {containers: []}", "spec.containers: a pod needs at least one container")]
    [InlineData("spec: {containers: [{name: a, image: x}, {name: a, image: x}]}", "spec.containers[1].name: \"a\" is given twice")]
    [InlineData("spec: {containers: [{name: A_b, image: x}]}", "spec.containers[0].name: \"A_b\" must be 1 to 63 lower-case letters, digits or '-', and begin and end with a letter or digit")]
    [InlineData("spec: {containers: [{name: a}]}", "spec.containers[0].image: is required")]
    [InlineData("spec: {restartPolicy: always, containers: [{name: a, image: x}]}", "spec.restartPolicy: \"always\" is none of Always, OnFailure, Never; did you mean \"Always\"?")]
    [InlineData("spec: {containers: [{name: a, image: x, volumeMounts: [{name: dta, mountPath: /d}]}], volumes: [{name: data}]}", "spec.containers[0].volumeMounts[0].name: the pod has no volume \"dta\"; did you mean \"data\"?")]
    [InlineData("spec: {containers: [{name: a, image: x, ports: [{containerPort: 70000}]}]}", "spec.containers[0].ports[0].containerPort: 70000 is no port: 1 to 65535")]
    [InlineData("spec: {containers: [{name: a, image: x, ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]}]}", "spec.containers[0].ports[1].hostPort: 80/TCP is taken twice")]
    [InlineData("spec: {containers: [{name: a, image: x, livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 80}}}]}", "spec.containers[0].livenessProbe: must have exactly one of exec, httpGet, tcpSocket and grpc, not 2")]
    [InlineData("spec: {containers: [{name: a, image: x, livenessProbe: {tcpSocket: {port: htp}}, ports: [{name: http, containerPort: 80}]}]}", "spec.containers[0].livenessProbe.tcpSocket.port: the container has no port named \"htp\"; did you mean \"http\"?")]
    [InlineData("spec: {containers: [{name: a, image: x, livenessProbe: {successThreshold: 2, exec: {command: [a]}}}]}", "spec.containers[0].livenessProbe.successThreshold: 2 must be 1")]
    [InlineData("spec: {initContainers: [{name: i, image: x, readinessProbe: {exec: {command: [a]}}}], containers: [{name: a, image: x}]}", "spec.initContainers[0].readinessProbe: is for init containers with restartPolicy Always only")]
    [InlineData("spec: {containers: [{name: a, image: x, resources: {limits: {cpu: 1}, requests: {cpu: 2}}}]}", "spec.containers[0].resources.requests.cpu: 2 must not be more than the limit, 1")]
    [InlineData("spec: {containers: [{name: a, image: x, resources: {limits: {memroy: 1}}}]}", "spec.containers[0].resources.limits.memroy: is no resource of a container: cpu, memory, ephemeral-storage, hugepages-<size> or one with a domain; did you mean \"memory\"?")]
    [InlineData("spec: {containers: [{name: a, image: x}], volumes: [{name: v, emptyDir: {}, hostPath: {path: /x}}]}", "spec.volumes[0]: must have one source only, not hostPath and emptyDir")]
    [InlineData("spec: {dnsPolicy: None, containers: [{name: a, image: x}]}", "spec.dnsConfig.nameservers: at least one is required when dnsPolicy is None")]
    [InlineData("spec: {hostUsers: false, hostNetwork: true, containers: [{name: a, image: x}]}", "spec.hostNetwork: must not be true in a pod with users of its own (hostUsers: false)")]
    [InlineData("spec: {hostUsers: false, hostPID: true, containers: [{name: a, image: x}]}", "spec.hostPID: must not be true in a pod with users of its own (hostUsers: false)")]
    [InlineData("spec: {hostUsers: false, hostIPC: true, containers: [{name: a, image: x}]}", "spec.hostIPC: must not be true in a pod with users of its own (hostUsers: false)")]
    [InlineData("spec: {containers: [{name: a, image: x, securityContext: {procMount: Unmasked}}]}", "spec.containers[0].securityContext.procMount: can be Unmasked only in a pod with users of its own (hostUsers: false)")]
    [InlineData("spec: {containers: [{name: a, image: x}], tolerations: [{operator: Equal}]}", "spec.tolerations[0].operator: must be Exists when there is no key")]
    public void Validate_OneFault_IsNamedWithItsPath(string spec, string expected)
    {
        var pod = Read($"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\n{spec}");
        PodDefaults.Apply(pod);
        var errors = PodValidation.Validate(pod).Select(e => e.ToString()).ToArray();
        Assert.Contains(expected, errors);
        Assert.True(errors.Length <= 2, string.Join('\n', errors));
    }

    [Theory]
    [InlineData("containers: [{name: a, image: x}], volumes: [{name: v, hostPath: {path: /x}}]", null)]
    [InlineData("containers: [{name: a, image: x}], volumes: [{name: v, secret: {secretName: s}}]", "spec.volumes[0].secret")]
    [InlineData("containers: [{name: a, image: x, envFrom: [{configMapRef: {name: c}}]}]", "spec.containers[0].envFrom")]
    [InlineData("serviceAccountName: s, containers: [{name: a, image: x}]", "spec.serviceAccountName")]
    public void FindApiReference(string spec, string? path) =>
        Assert.Equal(path, PodValidation.FindApiReference(Read($"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{{spec}}}"))?.Path);

    private static Pod Read(string text) => (Pod)Assert.Single(ManifestReader.Read(text, "t", Resources.Pods).ObjectsOrThrow()).Object;
}
