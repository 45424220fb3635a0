using System.Numerics;

namespace NodeAgent.Scheduler.Framework.Nodes;

/// <summary>A set of node slots, one bit each.</summary>
public sealed class NodeSet
{
    private ulong[] _words;

    public NodeSet(int capacity = 0)
    {
        _words = new ulong[(capacity + 63) >> 6];
    }

    /// <summary>The slots that the set can hold without growing.</summary>
    public int Capacity => _words.Length << 6;

    /// <summary>The bits, 64 slots to a word, for plugins that work on many nodes at once.</summary>
    public Span<ulong> Words => _words;

    public int Count
    {
        get
        {
            var count = 0;
            foreach (var word in _words)
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    public bool IsEmpty => !_words.AsSpan().ContainsAnyExcept(0UL);

    public bool Contains(int slot) => slot >> 6 < _words.Length && (_words[slot >> 6] >> slot & 1) != 0;

    public void Add(int slot)
    {
        EnsureCapacity(slot + 1);
        _words[slot >> 6] |= 1UL << slot;
    }

    public bool Remove(int slot)
    {
        if (!Contains(slot))
        {
            return false;
        }

        _words[slot >> 6] &= ~(1UL << slot);
        return true;
    }

    public void Clear() => Array.Clear(_words);

    public void CopyFrom(NodeSet other)
    {
        EnsureCapacity(other.Capacity);
        other._words.CopyTo(_words, 0);
        _words.AsSpan(other._words.Length).Clear();
    }

    public void IntersectWith(NodeSet other)
    {
        for (var i = 0; i < _words.Length; i++)
        {
            _words[i] &= i < other._words.Length ? other._words[i] : 0;
        }
    }

    public void ExceptWith(NodeSet other)
    {
        for (var i = 0; i < Math.Min(_words.Length, other._words.Length); i++)
        {
            _words[i] &= ~other._words[i];
        }
    }

    public void UnionWith(NodeSet other)
    {
        EnsureCapacity(other.Capacity);
        for (var i = 0; i < other._words.Length; i++)
        {
            _words[i] |= other._words[i];
        }
    }

    public NodeSet Clone()
    {
        var copy = new NodeSet();
        copy.CopyFrom(this);
        return copy;
    }

    /// <summary>The slots in ascending order. Removing the current slot while going through them is allowed.</summary>
    public Enumerator GetEnumerator() => new(_words);

    /// <summary>Writes the slots in ascending order.</summary>
    /// <returns>How many there were.</returns>
    public int CopyTo(Span<int> slots)
    {
        var count = 0;
        foreach (var slot in this)
        {
            slots[count++] = slot;
        }

        return count;
    }

    private void EnsureCapacity(int capacity)
    {
        if (capacity > Capacity)
        {
            Array.Resize(ref _words, Math.Max((capacity + 63) >> 6, _words.Length * 2));
        }
    }

    /// <summary>Goes through the bits of a snapshot of each word.</summary>
    public struct Enumerator
    {
        private readonly ulong[] _words;
        private ulong _word;
        private int _index;

        internal Enumerator(ulong[] words)
        {
            _words = words;
            _index = -1;
            Current = -1;
        }

        public int Current { get; private set; }

        public bool MoveNext()
        {
            while (_word == 0)
            {
                if (++_index >= _words.Length)
                {
                    return false;
                }

                _word = _words[_index];
            }

            Current = (_index << 6) + BitOperations.TrailingZeroCount(_word);
            _word &= _word - 1;
            return true;
        }
    }
}
