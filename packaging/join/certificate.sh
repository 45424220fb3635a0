# A kubelet's client certificate asked for with a bootstrap token, for a kubelet that does not ask for one itself. Sourced.

kubelet_bootstraps() { kubelet --help | sed '/not acted on/,$d' | grep -q -- '--bootstrap-kubeconfig'; }

request_certificate() {
    local folder=/var/lib/kubelet/pki name request
    name=$(node_name)
    request=nodeagent-join-$name-$(date +%s)
    mkdir -p -m 700 "$folder"
    (umask 077 && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$folder/join.key" -out "$folder/join.csr" \
        -subj "/O=system:nodes/CN=system:node:$name" 2>/dev/null)
    jq -n --arg name "$request" --arg csr "$(base64 -w0 "$folder/join.csr")" '{
        apiVersion: "certificates.k8s.io/v1", kind: "CertificateSigningRequest", metadata: {name: $name},
        spec: {request: $csr, signerName: "kubernetes.io/kube-apiserver-client-kubelet", usages: ["digital signature", "key encipherment", "client auth"]}}' |
        api /apis/certificates.k8s.io/v1/certificatesigningrequests --header "Authorization: Bearer $token" --header 'Content-Type: application/json' --data-binary @- >/dev/null ||
        die "asking $server for a certificate failed: is the token still valid, and is rbac/bootstrap.yaml applied?"
    wait_for "the request $request to be approved and signed (kubectl certificate approve $request, where nobody does it automatically)" 60 has_certificate "$request" "$folder"
    cat "$folder/join.crt" "$folder/join.key" | put "$folder/kubelet-client-current.pem" 600
    rm -f "$folder/join.crt" "$folder/join.key" "$folder/join.csr"
    put "$kubernetes/kubelet.conf" 600 <<EOF
apiVersion: v1
kind: Config
clusters:
- name: cluster
  cluster:
    certificate-authority: $kubernetes/pki/ca.crt
    server: $server
contexts:
- name: node
  context:
    cluster: cluster
    user: node
current-context: node
users:
- name: node
  user:
    client-certificate: $folder/kubelet-client-current.pem
    client-key: $folder/kubelet-client-current.pem
EOF
}

has_certificate() {
    api "/apis/certificates.k8s.io/v1/certificatesigningrequests/$1" --header "Authorization: Bearer $token" 2>/dev/null |
        jq -er '.status.certificate // empty' | base64 -d >"$2/join.crt" && [ -s "$2/join.crt" ]
}
