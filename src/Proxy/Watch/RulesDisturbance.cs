namespace NodeAgent.Proxy.Watch;

/// <summary>What a watch of the kernel's rules noticed.</summary>
internal enum RulesDisturbance
{
    /// <summary>Somebody else removed something: the rules have to be compared with the kernel's.</summary>
    Removed,

    /// <summary>The kernel had more to tell than fits its buffer: a look at the canaries says whether anything is wrong.</summary>
    Missed,
}
