using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>What a plugin is asked.</summary>
/// <param name="Image">Registry and repository, without tag and digest.</param>
/// <param name="Token">Of the pod's service account; empty when the plugin gets none.</param>
/// <param name="Annotations">Of the pod's service account.</param>
internal sealed record CredentialRequest(string Image, string Token, ImmutableSortedDictionary<string, string> Annotations);
