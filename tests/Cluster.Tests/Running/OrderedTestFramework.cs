using System.Collections.Concurrent;
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace NodeAgent.Cluster.Tests.Running;

/// <summary>
/// xUnit, but collections start in the order that their orderer gave. xUnit's own runner queues them all on the thread pool, which
/// takes them from both ends.
/// </summary>
public sealed class OrderedTestFramework(IMessageSink messageSink) : XunitTestFramework(messageSink)
{
    /// <summary>Clusters wait for most of their time: two classes at once leave the two cores of a test host idle, more than three make each other late.</summary>
    public const int AtOnce = 3;

    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName assemblyName, ISourceInformationProvider source, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assemblyName, source, diagnostics)
    {
        protected override async void RunTestCases(IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions)
        {
            using var runner = new Runner(TestAssembly, testCases, DiagnosticMessageSink, executionMessageSink, executionOptions);
            await runner.RunAsync();
        }
    }

    private sealed class Runner(ITestAssembly assembly, IEnumerable<IXunitTestCase> cases, IMessageSink diagnostics, IMessageSink execution, ITestFrameworkExecutionOptions options)
        : XunitTestAssemblyRunner(assembly, cases, diagnostics, execution, options)
    {
        protected override async Task<RunSummary> RunTestCollectionsAsync(IMessageBus messageBus, CancellationTokenSource cancellationTokenSource)
        {
            var waiting = new ConcurrentQueue<Tuple<ITestCollection, List<IXunitTestCase>>>(OrderTestCollections());
            var total = new RunSummary();
            foreach (var part in await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(RunWaitingAsync))))
            {
                total.Aggregate(part);
            }

            return total;

            async Task<RunSummary> RunWaitingAsync()
            {
                var summary = new RunSummary();
                while (!cancellationTokenSource.IsCancellationRequested && waiting.TryDequeue(out var next))
                {
                    summary.Aggregate(await RunTestCollectionAsync(messageBus, next.Item1, next.Item2, cancellationTokenSource));
                }

                return summary;
            }
        }
    }
}
