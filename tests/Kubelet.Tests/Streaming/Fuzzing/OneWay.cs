namespace NodeAgent.Kubelet.Streaming.Fuzzing;

/// <summary>A connection whose client has said all that it has to say, and does not listen.</summary>
internal sealed class OneWay(byte[] said) : MemoryStream(said)
{
    public override bool CanWrite => true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
