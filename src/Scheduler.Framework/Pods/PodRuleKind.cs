namespace NodeAgent.Scheduler.Framework.Pods;

/// <summary>The four lists of terms that a pod's affinity can hold.</summary>
public enum PodRuleKind
{
    RequiredAffinity,
    RequiredAntiAffinity,
    PreferredAffinity,
    PreferredAntiAffinity,
}
