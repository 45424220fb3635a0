using System.Text;

namespace NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

/// <summary>Takes an expression apart into tokens.</summary>
internal static class CelLexer
{
    private static readonly string[] Symbols = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ",", ".", "-", "?", ":"];

    /// <exception cref="CelException">A character or string makes no sense.</exception>
    public static List<CelToken> Read(string text)
    {
        var tokens = new List<CelToken>();
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (char.IsAsciiLetter(c) || c == '_')
            {
                tokens.Add(Take(text, ref i, CelTokenKind.Name, static c => char.IsAsciiLetterOrDigit(c) || c == '_'));
            }
            else if (char.IsAsciiDigit(c))
            {
                tokens.Add(Take(text, ref i, CelTokenKind.Number, char.IsAsciiDigit));
            }
            else if (c is '"' or '\'')
            {
                tokens.Add(TakeText(text, ref i));
            }
            else
            {
                var symbol = Symbols.FirstOrDefault(s => text.AsSpan(i).StartsWith(s, StringComparison.Ordinal)) ?? throw new CelException($"'{c}' at {i + 1} is not supported");
                tokens.Add(new CelToken(CelTokenKind.Symbol, symbol, i));
                i += symbol.Length;
            }
        }

        tokens.Add(new CelToken(CelTokenKind.End, "the end", text.Length));
        return tokens;
    }

    private static CelToken Take(string text, ref int i, CelTokenKind kind, Func<char, bool> belongs)
    {
        var start = i;
        while (i < text.Length && belongs(text[i]))
        {
            i++;
        }

        return new CelToken(kind, text[start..i], start);
    }

    private static CelToken TakeText(string text, ref int i)
    {
        var (start, quote) = (i, text[i]);
        var value = new StringBuilder();
        for (i++; i < text.Length && text[i] != quote; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                value.Append(text[++i] switch
                {
                    'n' => '\n',
                    't' => '\t',
                    '\\' or '"' or '\'' => text[i],
                    var other => throw new CelException($"the escape \\{other} at {i} is not supported"),
                });
            }
            else
            {
                value.Append(text[i]);
            }
        }

        return i++ < text.Length ? new CelToken(CelTokenKind.Text, value.ToString(), start) : throw new CelException($"the string that begins at {start + 1} does not end");
    }
}
