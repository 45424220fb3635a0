using System.Text;

namespace NodeAgent.KubeApi.Selectors;

/// <summary>Conditions on fields, in the API's query form, such as <c>spec.nodeName=node-1,status.phase!=Failed</c>.</summary>
public sealed class FieldSelector
{
    private readonly (string Field, string Value, bool Equal)[] _terms;

    private FieldSelector((string, string, bool)[] terms)
    {
        _terms = terms;
    }

    public static FieldSelector Everything { get; } = new([]);

    public static FieldSelector FieldEquals(string field, string value) => new([(field, value, true)]);

    /// <exception cref="FormatException">A term has no operator, or a backslash stands before something that needs none.</exception>
    public static FieldSelector Parse(string text) => new([.. Split(text).Where(t => t.Length > 0).Select(ReadTerm)]);

    /// <param name="valueOf">The value of a field; empty when it is not set.</param>
    public bool Matches(Func<string, string> valueOf) => _terms.All(t => valueOf(t.Field) == t.Value == t.Equal);

    public override string ToString() => string.Join(',', _terms.Select(t => $"{t.Field}{(t.Equal ? "=" : "!=")}{Escape(t.Value)}"));

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace("=", "\\=", StringComparison.Ordinal);

    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private static (string, string, bool) ReadTerm(string term)
    {
        var at = term.IndexOf('=', StringComparison.Ordinal);
        if (at < 1 || term is ['!', '=', ..])
        {
            throw new FormatException($"field selector term \"{term}\": field=value, field==value or field!=value is expected");
        }

        var isEqual = term[at - 1] != '!';
        var field = isEqual ? term[..at] : term[..(at - 1)];
        var value = isEqual && at + 1 < term.Length && term[at + 1] == '=' ? term[(at + 2)..] : term[(at + 1)..];
        return (field, Unescape(value), isEqual);
    }

    private static string Unescape(string value)
    {
        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != '\\')
            {
                text.Append(value[i] is not '=' ? value[i] : throw new FormatException($"field selector value \"{value}\": write '=' as '\\='"));
                continue;
            }

            i++;
            text.Append(i < value.Length && value[i] is '\\' or ',' or '=' ? value[i] : throw new FormatException($"field selector value \"{value}\": a backslash goes before '\\', ',' or '=' only"));
        }

        return text.ToString();
    }
}
