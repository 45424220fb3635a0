
namespace NodeAgent.Cluster.Tests.PodContents;

/// <summary>Pods whose containers print what they see, as lines of <c>name=value</c>, and end.</summary>
internal static class ContentsManifests
{
    public const string Label = "suite=contents";

    /// <summary>What the pods refer to.</summary>
    public const string Objects = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {color: blue, "level.txt": "7", WITH_PREFIX: prefixed}
        binaryData: {blob: AAEC}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: keys}
        stringData: {password: hunter2, token: abc}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: fixed}
        immutable: true
        data: {color: green}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: my-db}
        spec:
          clusterIP: 10.96.77.1
          ports: [{name: sql, port: 5432}, {name: admin, port: 81, protocol: UDP}]
        """;

    private static string Head(string name) => """
        apiVersion: v1
        kind: Pod
        metadata:
          name: $name
          labels: {suite: contents, app: "$app"}
          annotations: {note: "two\nlines"}
        spec:
          nodeName: $node
          restartPolicy: Never
          terminationGracePeriodSeconds: 1

        """.Fill().Replace("$name", name, StringComparison.Ordinal).Replace("$app", name.Length > 63 ? "long" : name, StringComparison.Ordinal);

    public static string Volumes => Head("volumes") + """
          securityContext: {runAsUser: 1000, runAsGroup: 1500, fsGroup: 2000, supplementalGroups: [3000]}
          volumes:
          - {name: cm, configMap: {name: settings, defaultMode: 0640, items: [{key: color, path: deep/color}, {key: blob, path: blob, mode: 0600}]}}
          - {name: secret, secret: {secretName: keys, defaultMode: 0400}}
          - {name: none, configMap: {name: nowhere, optional: true}}
          - {name: downward, downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}, {path: cpu, resourceFieldRef: {containerName: files, resource: limits.cpu, divisor: 1m}}]}}
          - name: all
            projected:
              defaultMode: 0444
              sources:
              - serviceAccountToken: {path: token, audience: vault, expirationSeconds: 600}
              - configMap: {name: settings, items: [{key: color, path: color}]}
              - secret: {name: keys, items: [{key: password, path: password, mode: 0400}]}
              - downwardAPI: {items: [{path: uid, fieldRef: {fieldPath: metadata.uid}}]}
          - {name: disk, emptyDir: {}}
          - {name: memory, emptyDir: {medium: Memory, sizeLimit: 8Mi}}
          initContainers:
          - name: prepare
            image: $image
            command:
            - sh
            - -c
            - |
              mkdir /disk/made /disk/made/inner; echo one >/disk/made/inner/file; ln -s made /disk/link; ln -s /etc /disk/evil
              echo "VALUE='from a file'" >/disk/vars
            volumeMounts: [{name: disk, mountPath: /disk}]
          containers:
          - name: files
            image: $image
            resources: {limits: {cpu: 250m, memory: 64Mi}}
            env: [{name: FROM_FILE, value: ""}]
            command:
            - sh
            - -c
            - |
              echo "id=$(id -u) $(id -g) $(id -G)"
              for f in /cm/deep/color /cm/blob /secret/password /all/token /all/color /all/password /downward/labels /none /disk /memory /secret /cm; do echo "mode $f=$(stat -L -c '%a %u %g' $f)"; done
              echo "cm color=$(cat /cm/deep/color)"
              echo "cm entries=$(ls /cm | tr '\n' ' ')"
              echo "cm link=$(readlink /cm/deep) $(readlink /cm/..data | cut -c1-4)"
              echo "secret=$(cat /secret/password)"
              echo "secret fs=$(stat -f -c %T /secret)"
              echo "memory options=$(grep ' /memory ' /proc/mounts)"
              echo "memory fs=$(stat -f -c %T /memory)"
              echo "memory size=$(df -k /memory | tail -1 | awk '{print $2}')"
              echo "overfull=$(dd if=/dev/zero of=/memory/big bs=1M count=16 2>&1 | grep -c 'No space left')"
              echo "cm writable=$(touch /cm/x 2>&1 | grep -c 'Read-only')"
              echo "disk write=$(echo x >/disk/mine && stat -c '%g' /disk/mine)"
              echo "labels=$(grep app /downward/labels)"
              echo "cpu=$(cat /downward/cpu)"
              echo "uid=$(cat /all/uid)"
              echo "token parts=$(cat /all/token | tr '.' '\n' | grep -c .)"
              echo "token claims=$(cut -d. -f2 /all/token | tr '_-' '/+' | { cat; echo '=='; } | tr -d '\n' | base64 -d 2>/dev/null)"
            volumeMounts:
            - {name: cm, mountPath: /cm}
            - {name: secret, mountPath: /secret}
            - {name: none, mountPath: /none}
            - {name: downward, mountPath: /downward}
            - {name: all, mountPath: /all}
            - {name: disk, mountPath: /disk}
            - {name: memory, mountPath: /memory}
          - name: parts
            image: $image
            env: [{name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
            command:
            - sh
            - -c
            - |
              echo "inner=$(cat /inner/file)"
              echo "throughlink=$(cat /throughlink/file)"
              echo "file=$(cat /color.txt)"
              echo "byname=$(stat -c '%a %g' /byname)"
              echo "byname write=$(echo hello >/byname/f && cat /byname/f)"
              echo "readonly=$(touch /ro/x 2>&1 | grep -c 'Read-only')"
            volumeMounts:
            - {name: disk, mountPath: /inner, subPath: made/inner}
            - {name: disk, mountPath: /throughlink, subPath: link/inner}
            - {name: cm, mountPath: /color.txt, subPath: deep/color}
            - {name: disk, mountPath: /byname, subPathExpr: new/$(POD_NAME)}
            - {name: disk, mountPath: /ro, readOnly: true}
        """.Fill();

    public static string Environment => Head("environment") + """
          containers:
          - name: all
            image: $image
            resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {cpu: 1500m, memory: 32Mi}}
            command: [sh, -c, 'env | sort; echo "args=$0 $1 $2"', $(PLAIN), $$(PLAIN), $(MISSING)]
            envFrom:
            - {configMapRef: {name: settings}, prefix: CFG_}
            - {secretRef: {name: keys}}
            - {secretRef: {name: nowhere, optional: true}}
            env:
            - {name: PLAIN, value: plain}
            - {name: TWICE, value: $(PLAIN)-$(CFG_color)-$$(PLAIN)-$(LATER)}
            - {name: LATER, value: later}
            - {name: password, value: overridden}
            - {name: DB, value: $(MY_DB_SERVICE_HOST)}
            - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: POD_NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
            - {name: POD_LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: HOST_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
            - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
            - {name: ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
            - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
            - {name: CPU_MILLI, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
            - {name: MEMORY_MI, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
            - {name: KEY, valueFrom: {configMapKeyRef: {name: settings, key: level.txt}}}
            - {name: SECRET, valueFrom: {secretKeyRef: {name: keys, key: token}}}
            - {name: NO_KEY, valueFrom: {configMapKeyRef: {name: settings, key: nothing, optional: true}}}
            - {name: NO_MAP, valueFrom: {secretKeyRef: {name: nowhere, key: nothing, optional: true}}}
        ---

        """.Fill() + Head("no-links") + """
          enableServiceLinks: false
          containers:
          - {name: all, image: $image, command: [sh, -c, env]}
        """.Fill();

    public static string Names => Head("names") + """
          hostname: box
          subdomain: sub
          hostAliases: [{ip: 10.9.9.9, hostnames: [one.example, two.example]}]
          containers:
          - {name: all, image: $image, command: [sh, -c, 'echo "hostname=$(hostname)"; sed "s/^/hosts /" /etc/hosts; sed "s/^/resolv /" /etc/resolv.conf']}
        ---

        """.Fill() + Head("full-name") + """
          hostname: box
          subdomain: sub
          setHostnameAsFQDN: true
          dnsPolicy: None
          dnsConfig: {nameservers: [10.1.1.1, 10.1.1.2, 10.1.1.3], searches: [a.example, b.example], options: [{name: ndots, value: "2"}, {name: edns0}]}
          containers:
          - {name: all, image: $image, command: [sh, -c, 'echo "hostname=$(hostname)"; sed "s/^/resolv /" /etc/resolv.conf']}
        ---

        """.Fill() + Head("host-net") + """
          hostNetwork: true
          dnsPolicy: ClusterFirstWithHostNet
          hostAliases: [{ip: 10.9.9.9, hostnames: [one.example]}]
          containers:
          - {name: all, image: $image, command: [sh, -c, 'sed "s/^/hosts /" /etc/hosts; sed "s/^/resolv /" /etc/resolv.conf']}
        ---

        """.Fill() + Head("a-name-that-is-longer-than-the-sixty-three-letters-of-a-host-name-so-cut") + """
          containers:
          - {name: all, image: $image, command: [sh, -c, 'echo "hostname=$(hostname)"']}
        """.Fill();

    public static string Security => Head("security") + """
          securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "81"}]}
          containers:
          - name: default
            image: $image
            command: [sh, -c, 'echo "id=$(id -u):$(id -g)"; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status | sed "s/:[[:space:]]*/=/"; echo "sysctl=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"; echo "masked=$(ls -A /proc/acpi 2>/dev/null | wc -l) $(wc -c </proc/timer_list 2>/dev/null)"; echo "procsys=$(touch /proc/sys/kernel/hostname 2>&1; echo x >/proc/sys/kernel/hostname 2>/dev/null && echo open || echo closed)"']
          - name: tight
            image: $image
            securityContext: {runAsUser: 4242, runAsGroup: 4343, runAsNonRoot: true, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
            command: [sh, -c, 'echo "id=$(id -u):$(id -g)"; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status | sed "s/:[[:space:]]*/=/"; echo "root=$(touch /x 2>&1 | grep -c Read-only)"']
          - name: added
            image: $image
            securityContext: {capabilities: {add: [NET_ADMIN], drop: [CHOWN]}, seccompProfile: {type: Unconfined}}
            command: [sh, -c, 'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status | sed "s/:[[:space:]]*/=/"']
          - name: profile
            image: $image
            securityContext: {seccompProfile: {type: Localhost, localhostProfile: no-mkdir.json}}
            command: [sh, -c, 'grep -E "^(Seccomp):" /proc/self/status | sed "s/:[[:space:]]*/=/"; echo "mkdir=$(mkdir /made 2>&1 | grep -c "not permitted")"']
        """.Fill();

    public static string Resources => Head("guaranteed") + """
          containers:
          - name: all
            image: $image
            resources: {limits: {cpu: 200m, memory: 48Mi}}
            command: [sh, -c, 'cd /sys/fs/cgroup; for f in cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes cpu.weight cpu.max memory.max; do [ -f $f ] && echo "$f=$(cat $f)"; done; echo "oom=$(cat /proc/self/oom_score_adj)"; sleep 3600']
        ---

        """.Fill() + Head("burstable") + """
          containers:
          - name: all
            image: $image
            resources: {requests: {cpu: 100m, memory: 16Mi}, limits: {memory: 32Mi}}
            command: [sh, -c, 'cd /sys/fs/cgroup; for f in cpu/cpu.shares cpu/cpu.cfs_quota_us memory/memory.limit_in_bytes cpu.weight cpu.max memory.max; do [ -f $f ] && echo "$f=$(cat $f)"; done; echo "oom=$(cat /proc/self/oom_score_adj)"; sleep 3600']
        ---

        """.Fill() + Head("best-effort") + """
          containers:
          - name: all
            image: $image
            command: [sh, -c, 'cd /sys/fs/cgroup; for f in cpu/cpu.shares cpu/cpu.cfs_quota_us cpu.weight cpu.max; do [ -f $f ] && echo "$f=$(cat $f)"; done; echo "oom=$(cat /proc/self/oom_score_adj)"; sleep 3600']
        """.Fill();
}
