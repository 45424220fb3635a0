namespace NodeAgent.KubeApi.Selectors;

/// <summary>How a requirement compares a label's value.</summary>
public enum SelectorOperator
{
    In,

    /// <summary>Also holds when the label is missing.</summary>
    NotIn,
    Exists,
    DoesNotExist,

    /// <summary>Both sides are whole numbers, and the label's is greater.</summary>
    GreaterThan,

    /// <summary>Both sides are whole numbers, and the label's is less.</summary>
    LessThan,
}
