namespace NodeAgent.Cluster.Tests.Scheduler;

internal static class ObjectExtensions
{
    public static T With<T>(this T value, Action<T> change)
    {
        change(value);
        return value;
    }
}
