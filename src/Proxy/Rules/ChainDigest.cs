using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace NodeAgent.Proxy.Rules;

/// <summary>
/// Stands for the rules of a chain, so that tens of thousands of them are remembered in some bytes per chain and not as text.
/// </summary>
/// <param name="Count">How many rules.</param>
internal readonly record struct ChainDigest(ulong Low, ulong High, int Count)
{
    [ThreadStatic]
    private static Builder? _builder;

    public static ChainDigest Of(IReadOnlyList<string> rules)
    {
        var builder = _builder ??= new Builder();
        foreach (var rule in rules)
        {
            builder.Add(rule);
        }

        return builder.Finish();
    }

    /// <summary>For rules that come one at a time.</summary>
    public sealed class Builder
    {
        private byte[] _text = new byte[512];
        private int _length;
        private int _count;

        public void Add(ReadOnlySpan<char> rule)
        {
            var needed = _length + Encoding.UTF8.GetMaxByteCount(rule.Length) + 1;
            if (needed > _text.Length)
            {
                Array.Resize(ref _text, Math.Max(needed, _text.Length * 2));
            }

            _length += Encoding.UTF8.GetBytes(rule, _text.AsSpan(_length));
            _text[_length++] = (byte)'\n';
            _count++;
        }

        /// <summary>The digest of what was added; the builder is empty again after it.</summary>
        public ChainDigest Finish()
        {
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(_text.AsSpan(0, _length), digest);
            var halves = MemoryMarshal.Cast<byte, ulong>(digest);
            var result = new ChainDigest(halves[0], halves[1], _count);
            (_length, _count) = (0, 0);
            return result;
        }
    }
}
