namespace NodeAgent.Kubelet.Identity;

/// <summary>The cluster has signed no certificate, or none that can be used; the message says why.</summary>
internal sealed class CertificateDeniedException(string message) : Exception(message);
