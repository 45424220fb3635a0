using System.Globalization;

namespace NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

/// <summary>
/// Turns tokens into a function of a device. The part of CEL that device selectors use: device.driver, attributes and
/// capacity; literals and lists; ! &amp;&amp; || == != &lt; &lt;= &gt; &gt;= in; quantity, semver and string methods.
/// Everything else is refused by name.
/// </summary>
internal sealed class CelParser(List<CelToken> tokens)
{
    private int _at;

    private CelToken Next => tokens[_at];

    public Func<CelDevice, object?> Parse()
    {
        var whole = ParseOr();
        return Next.Kind == CelTokenKind.End ? whole : throw Unexpected();
    }

    private Func<CelDevice, object?> ParseOr()
    {
        var left = ParseAnd();
        while (Accept("||"))
        {
            var (l, r) = (left, ParseAnd());
            left = d => CelValues.Either(l, r, d, decides: true);
        }

        return left;
    }

    private Func<CelDevice, object?> ParseAnd()
    {
        var left = ParseRelation();
        while (Accept("&&"))
        {
            var (l, r) = (left, ParseRelation());
            left = d => CelValues.Either(l, r, d, decides: false);
        }

        return left;
    }

    private Func<CelDevice, object?> ParseRelation()
    {
        var left = ParseUnary();
        if (Next is { Kind: CelTokenKind.Symbol, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" })
        {
            var symbol = tokens[_at++].Text;
            var right = ParseUnary();
            return d => CelValues.Compare(symbol, left(d), right(d));
        }

        if (Next is { Kind: CelTokenKind.Name, Text: "in" })
        {
            _at++;
            var right = ParseUnary();
            return d => CelValues.IsIn(left(d), right(d));
        }

        return left;
    }

    private Func<CelDevice, object?> ParseUnary()
    {
        if (Accept("!"))
        {
            var value = ParseUnary();
            return d => value(d) is bool b ? !b : throw new CelException("! wants a bool");
        }

        if (Accept("-"))
        {
            var value = ParseUnary();
            return d => value(d) is long n ? -n : throw new CelException("- wants a number");
        }

        return ParseMembers(ParsePrimary());
    }

    private Func<CelDevice, object?> ParsePrimary()
    {
        var token = tokens[_at++];
        switch (token)
        {
            case { Kind: CelTokenKind.Text }:
                return _ => token.Text;
            case { Kind: CelTokenKind.Number }:
                var number = long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : throw new CelException($"{token.Text} is too great");
                return _ => number;
            case { Kind: CelTokenKind.Name, Text: "true" or "false" }:
                return _ => token.Text == "true";
            case { Kind: CelTokenKind.Name, Text: "device" }:
                return d => d;
            case { Kind: CelTokenKind.Name, Text: "quantity" or "semver" }:
                var argument = ParseArguments() is [var one] ? one : throw new CelException($"{token.Text} wants one argument");
                return d => CelValues.Construct(token.Text, argument(d));
            case { Kind: CelTokenKind.Symbol, Text: "(" }:
                var inner = ParseOr();
                Expect(")");
                return inner;
            case { Kind: CelTokenKind.Symbol, Text: "[" }:
                var items = ParseList("]");
                return d => items.ConvertAll(i => i(d));
            default:
                _at--;
                throw Unexpected();
        }
    }

    private Func<CelDevice, object?> ParseMembers(Func<CelDevice, object?> value)
    {
        while (true)
        {
            var target = value;
            if (Accept("["))
            {
                var index = ParseOr();
                Expect("]");
                value = d => CelValues.Member(target(d), index(d) as string ?? throw new CelException("an index must be a string"));
            }
            else if (Accept("."))
            {
                var name = tokens[_at++] is { Kind: CelTokenKind.Name, Text: var text } ? text : throw new CelException("a name is expected after the dot");
                if (Next is { Kind: CelTokenKind.Symbol, Text: "(" })
                {
                    CelValues.RequireMethod(name);
                    var arguments = ParseArguments();
                    value = d => CelValues.Call(name, target(d), arguments.ConvertAll(a => a(d)));
                }
                else
                {
                    value = d => CelValues.Member(target(d), name);
                }
            }
            else
            {
                return value;
            }
        }
    }

    private List<Func<CelDevice, object?>> ParseArguments()
    {
        Expect("(");
        return ParseList(")");
    }

    private List<Func<CelDevice, object?>> ParseList(string end)
    {
        var items = new List<Func<CelDevice, object?>>();
        while (!Accept(end))
        {
            if (items.Count > 0)
            {
                Expect(",");
            }

            items.Add(ParseOr());
        }

        return items;
    }

    private bool Accept(string symbol)
    {
        if (Next.Kind != CelTokenKind.Symbol || Next.Text != symbol)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Accept(symbol))
        {
            throw new CelException($"\"{symbol}\" is expected at {Next.Position + 1}, not {Next.Text}");
        }
    }

    private CelException Unexpected() => new($"{Next.Text} at {Next.Position + 1} is not supported");
}
