using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;

namespace NodeAgent.KubeApi.Tests.Manifests;

public class ManifestReaderTests
{
    private const string WebPod = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          labels: {app: web}
        spec:
          terminationGracePeriodSeconds: 5
          containers:
          - name: nginx
            image: "nginx:1.27"
            ports:
            - containerPort: 80
              hostPort: 8080
            resources:
              requests: {cpu: 0.5, memory: 64Mi}
            readinessProbe:
              httpGet: {path: /ready, port: http}
              periodSeconds: 2
            env:
            - name: KEY
              valueFrom:
                secretKeyRef: {name: keys, key: k}
          volumes:
          - name: config
            configMap:
              name: settings
              defaultMode: 0644
          - name: host
            hostPath: {path: /srv}
        """;

    [Fact]
    public void Read_Pod_FillsInlinedAndSpecialTypes()
    {
        var pod = ReadPod(WebPod);

        Assert.Equal("web", pod.Metadata.Labels["app"]);
        var container = Assert.Single(pod.Spec.Containers);
        Assert.Equal(500, container.Resources.Requests["cpu"].MilliValue);
        Assert.Equal(64L << 20, container.Resources.Requests["memory"].Value);
        Assert.Equal("http", container.ReadinessProbe.Handler.HttpGet.Port.StrVal);
        Assert.Equal(2, container.ReadinessProbe.PeriodSeconds);
        Assert.Equal("keys", container.Env[0].ValueFrom.SecretKeyRef.LocalObjectReference.Name);
        Assert.Equal(Convert.ToInt32("644", 8), pod.Spec.Volumes[0].VolumeSource.ConfigMap.DefaultMode);
        Assert.Equal("settings", pod.Spec.Volumes[0].VolumeSource.ConfigMap.LocalObjectReference.Name);
        Assert.Equal("/srv", pod.Spec.Volumes[1].VolumeSource.HostPath.Path);
    }

    [Fact]
    public void ToText_AndReadAgain_GivesTheSamePod()
    {
        var pod = ReadPod(WebPod);
        var json = KubeJson.ToText(pod);
        Assert.Equal(pod, ReadPod(json));
        Assert.StartsWith("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web",""", json, StringComparison.Ordinal);
        Assert.Contains("""{"name":"host","hostPath":{"path":"/srv"}}""", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SeveralMistakes_NamesEachWithItsPlace()
    {
        var result = ManifestReader.Read("""
            apiVersion: v1
            kind: Pod
            metadata:
              name: 12
              name: web
            spec:
              conteiners:
              - name: a
              containers:
              - name: b
                image: 1.5
                tty: "yes"
                ports:
                - containerPort: 3000000000
                resources: {limits: {cpu: 1 Gi}}
              hostNetwork: maybe
            """, "web.yaml");

        Assert.Empty(result.Objects);
        Assert.Equal(
            [
                "web.yaml:5:3: metadata.name: is already given in line 4",
                "web.yaml:4:9: metadata.name: a string is wanted, not the number 12; put it in quotes",
                "web.yaml:7:3: spec.conteiners: unknown field; did you mean \"containers\"?",
                "web.yaml:11:12: spec.containers[0].image: a string is wanted, not the number 1.5; put it in quotes",
                "web.yaml:12:10: spec.containers[0].tty: true or false is wanted, not the string \"yes\"",
                "web.yaml:14:22: spec.containers[0].ports[0].containerPort: 3000000000 is not between -2147483648 and 2147483647",
                "web.yaml:15:31: spec.containers[0].resources.limits.cpu: the quantity \"1 Gi\" has the unknown suffix \" Gi\"; known are n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei and exponents such as e3",
                "web.yaml:16:16: spec.hostNetwork: true or false is wanted, not the string \"maybe\"",
            ],
            result.Errors.Select(e => e.ToString()));
    }

    [Theory]
    [InlineData("yes", true)]
    [InlineData("On", true)]
    [InlineData("TRUE", true)]
    [InlineData("n", false)]
    [InlineData("off", false)]
    public void Read_Yaml11Booleans(string text, bool expected) =>
        Assert.Equal(expected, ReadPod($"{{apiVersion: v1, kind: Pod, spec: {{hostPID: {text}}}}}").Spec.HostPID);

    [Theory]
    [InlineData("0x1F", 31)]
    [InlineData("0644", 420)]
    [InlineData("0o17", 15)]
    [InlineData("0b101", 5)]
    [InlineData("1_000", 1000)]
    [InlineData("1e3", 1000)]
    [InlineData("30.0", 30)]
    [InlineData("08", 8)]
    [InlineData("-7", -7)]
    public void Read_Yaml11Numbers(string text, long expected) =>
        Assert.Equal(expected, ReadPod($"apiVersion: v1\nkind: Pod\nspec: {{activeDeadlineSeconds: {text}}}").Spec.ActiveDeadlineSeconds);

    [Theory]
    [InlineData("1.5")]
    [InlineData("'30'")]
    [InlineData("2026-11-21")]
    [InlineData("99999999999999999999")]
    [InlineData("[1]")]
    public void Read_NotAWholeNumber_IsAnError(string text) =>
        Assert.Single(ManifestReader.Read($"apiVersion: v1\nkind: Pod\nspec: {{activeDeadlineSeconds: {text}}}", "f").Errors);

    [Fact]
    public void Read_SeveralDocuments_OneBroken_ReadsTheOthers()
    {
        var result = ManifestReader.Read("""
            # comment
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: a}
            ---
            ---
            apiVersion: v1
            kind: Pod
            metadata: {nme: b}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: c}
            """, "f");
        Assert.Equal(["a", "c"], result.Objects.Select(o => o.Object.Metadata.Name));
        Assert.Equal("f:10:12: metadata.nme: unknown field; did you mean \"name\"?", Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void Read_PodList_IsTakenApart()
    {
        var result = ManifestReader.Read("""{"apiVersion":"v1","kind":"PodList","metadata":{},"items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}},{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"}}]}""", "f");
        Assert.Equal(["a", "b"], result.ObjectsOrThrow().Select(o => o.Object.Metadata.Name));
    }

    [Theory]
    [InlineData("kind: Pod", "f:1:1: apiVersion is missing")]
    [InlineData("apiversion: v1\nkind: Pod", "f:1:1: apiVersion is missing; is \"apiversion\" meant to be it?")]
    [InlineData("apiVersion: v1\nkind: Pot", "f:2:7: v1 has no kind \"Pot\" that is known here; did you mean \"Pod\"?")]
    [InlineData("apiVersion: v1\nkind: Service", "f:2:7: a Pod is wanted here, not a Service")]
    [InlineData("- a", "f:1:1: an object with apiVersion and kind is wanted, not a list")]
    [InlineData("just text", "f:1:1: an object with apiVersion and kind is wanted, not the string \"just text\"")]
    [InlineData("{\"apiVersion\": \"v1\",\n \"kind\": ]}", "f:2:10: this is no JSON: ']' is an invalid start of a value")]
    public void Read_NotAPod_SaysSo(string text, string error) =>
        Assert.Equal(error, Assert.Single(ManifestReader.Read(text, "f", Resources.Pods).Errors).ToString());

    [Fact]
    public void Read_BrokenYaml_NamesTheLine()
    {
        var error = Assert.Single(ManifestReader.Read("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n bad: [", "f").Errors);
        Assert.Equal(5, error.Line);
    }

    [Fact]
    public void Read_AliasBomb_IsRefused()
    {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("more than 250000 values", Assert.Single(ManifestReader.Read(text, "f").Errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: &a [*a]", "stands within")]
    [InlineData("a: *b", "no anchor")]
    public void Read_BadAlias_IsRefused(string text, string message) =>
        Assert.Contains(message, Assert.Single(ManifestReader.Read(text, "f").Errors).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_DeepNesting_IsRefused()
    {
        Assert.Contains("nested", Assert.Single(ManifestReader.Read("a: " + new string('[', 5000), "f").Errors).Message, StringComparison.Ordinal);
        Assert.Single(ManifestReader.Read("{\"a\":" + string.Concat(Enumerable.Repeat("[", 5000)), "f").Errors);
    }

    [Fact]
    public void Read_AnchorsAndMerge_AsYaml11()
    {
        var pod = ReadPod("""
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - &base {name: a, image: x, tty: true}
              - <<: *base
                name: b
            """);
        Assert.Equal("b", pod.Spec.Containers[1].Name);
        Assert.Equal("x", pod.Spec.Containers[1].Image);
        Assert.True(pod.Spec.Containers[1].Tty);
    }

    [Fact]
    public void Read_NullsAndManagedFields_AreSkipped()
    {
        var pod = ReadPod("""
            apiVersion: v1
            kind: Pod
            metadata:
              name: a
              creationTimestamp: null
              managedFields: [{manager: kubectl, fieldsV1: {"f:spec": {}}}]
            spec:
            status: {}
            """);
        Assert.Null(pod.Metadata.CreationTimestamp);
        Assert.Null(pod.Spec);
    }

    [Fact]
    public void ToText_Zeros_StandOnlyWhereTheApiWritesThem()
    {
        var pod = new Pod
        {
            Metadata = new Meta.V1.ObjectMeta { Name = "a", Namespace = "", Generation = 0 },
            Status = new PodStatus { ContainerStatuses = { new ContainerStatus { Name = "c", Ready = false, RestartCount = 0, Started = false, State = new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = 0, Signal = 0, FinishedAt = new Meta.V1.Time() } } } } },
        };
        Assert.Equal(
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"status":{"containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":0,"finishedAt":null}},"ready":false,"restartCount":0,"started":false}]}}""",
            KubeJson.ToText(pod));
    }

    private static Pod ReadPod(string text) => (Pod)Assert.Single(ManifestReader.Read(text, "test.yaml", Resources.Pods).ObjectsOrThrow()).Object;
}
