namespace NodeAgent.Scheduler.Framework.Tests;

public sealed class CycleStateTests
{
    private static readonly StateKey<Tally> Key = new("tally");

    [Fact]
    public void Read_WhatWasWritten_IsTheSameObject()
    {
        var state = new CycleState();
        var tally = new Tally(3);
        state.Write(Key, tally);

        Assert.Same(tally, state.Read(Key));
    }

    [Fact]
    public void Read_NothingWritten_NamesTheKey()
    {
        var error = Assert.Throws<InvalidOperationException>(() => new CycleState().Read(Key));

        Assert.Contains("tally", error.Message, StringComparison.Ordinal);
        Assert.Null(new CycleState().Find(Key));
    }

    [Fact]
    public void Read_OtherKeyOfTheSameName_IsNotThere()
    {
        var state = new CycleState();
        state.Write(Key, new Tally(1));

        Assert.Null(state.Find(new StateKey<Tally>("tally")));
    }

    [Fact]
    public void Clone_CopiesWhatCanBeCopied()
    {
        var state = new CycleState();
        state.Write(Key, new Tally(1));

        var copy = state.Clone();
        copy.Read(Key).Count = 9;

        Assert.Equal(1, state.Read(Key).Count);
    }

    [Fact]
    public void Clone_EitherIsWrittenTo_TheOtherDoesNotSeeIt()
    {
        var (first, second) = (new StateKey<string>("first"), new StateKey<string>("second"));
        var state = new CycleState();
        state.Write(first, "before");

        var copy = state.Clone();
        copy.Write(first, "tried");
        state.Write(second, "since");

        Assert.Equal(("before", "tried"), (state.Read(first), copy.Read(first)));
        Assert.Null(copy.Find(second));
        Assert.Equal("before", state.Clone().Clone().Read(first));
    }

    [Fact]
    public void EndDecision_LetsGoOfWhatOnlyTheDecisionNeeds()
    {
        var passing = new StateKey<Tally>("passing") { EndsWithDecision = true };
        var state = new CycleState();
        state.Write(Key, new Tally(1));
        state.Write(passing, new Tally(2));

        state.EndDecision();

        Assert.Null(state.Find(passing));
        Assert.Equal(1, state.Read(Key).Count);
    }

    private sealed class Tally(int count) : ICloneableState
    {
        public int Count { get; set; } = count;

        public object Clone() => new Tally(Count);
    }
}
