namespace NodeAgent.KubeApi.Selectors;

/// <summary>Reads the query form of label selectors.</summary>
internal ref struct SelectorParser
{
    private readonly string _text;
    private int _position;

    private SelectorParser(string text)
    {
        _text = text;
    }

    public static List<Requirement> Parse(string text)
    {
        var parser = new SelectorParser(text);
        var requirements = new List<Requirement>();
        parser.SkipSpace();
        while (parser._position < text.Length)
        {
            requirements.Add(parser.ReadRequirement());
            parser.SkipSpace();
            if (parser._position < text.Length)
            {
                parser.Expect(',');
                parser.SkipSpace();
                if (parser._position == text.Length)
                {
                    throw parser.Error("a label key");
                }
            }
        }

        return requirements;
    }

    private Requirement ReadRequirement()
    {
        if (TryTake('!'))
        {
            return Requirement.Create(ReadWord("a label key"), SelectorOperator.DoesNotExist);
        }

        var key = ReadWord("a label key");
        SkipSpace();
        switch (Peek())
        {
            case '\0' or ',':
                return Requirement.Create(key, SelectorOperator.Exists);
            case '=':
                _position++;
                _ = TryTake('=');
                return Requirement.Create(key, SelectorOperator.In, ReadOptionalWord());
            case '!':
                _position++;
                Expect('=');
                return Requirement.Create(key, SelectorOperator.NotIn, ReadOptionalWord());
            case '>':
                _position++;
                return Requirement.Create(key, SelectorOperator.GreaterThan, ReadOptionalWord());
            case '<':
                _position++;
                return Requirement.Create(key, SelectorOperator.LessThan, ReadOptionalWord());
            default:
                return ReadSet(key);
        }
    }

    private Requirement ReadSet(string key)
    {
        const string Expected = "one of ',', '=', '==', '!=', '>', '<', 'in', 'notin'";
        var start = _position;
        var op = ReadWord(Expected) switch
        {
            "in" => SelectorOperator.In,
            "notin" => SelectorOperator.NotIn,
            _ => throw Error(Expected, start),
        };
        SkipSpace();
        Expect('(');
        var values = new SortedSet<string>(StringComparer.Ordinal);
        do
        {
            values.Add(ReadOptionalWord());
            SkipSpace();
        }
        while (TryTake(','));
        Expect(')');
        return Requirement.Create(key, op, values);
    }

    private string ReadWord(string expected)
    {
        var word = ReadOptionalWord();
        return word.Length > 0 ? word : throw Error(expected);
    }

    private string ReadOptionalWord()
    {
        SkipSpace();
        var start = _position;
        while (_position < _text.Length && !IsSpace(_text[_position]) && !"=!(),<>".Contains(_text[_position], StringComparison.Ordinal))
        {
            _position++;
        }

        return _text[start.._position];
    }

    private readonly char Peek() => _position < _text.Length ? _text[_position] : '\0';

    private bool TryTake(char wanted)
    {
        if (Peek() != wanted)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void Expect(char wanted)
    {
        if (!TryTake(wanted))
        {
            throw Error($"'{wanted}'");
        }
    }

    private void SkipSpace()
    {
        while (_position < _text.Length && IsSpace(_text[_position]))
        {
            _position++;
        }
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    private readonly FormatException Error(string expected, int? at = null) =>
        new($"selector \"{_text}\": {expected} is expected at character {(at ?? _position) + 1}");
}
