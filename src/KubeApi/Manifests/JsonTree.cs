using System.Text;
using System.Text.Json;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Reads one JSON document into nodes.</summary>
internal ref struct JsonTree
{
    private readonly ReadOnlySpan<byte> _utf8;
    private Utf8JsonReader _reader;
    private int _countedTo;
    private int _line;
    private int _lineStart;

    private JsonTree(ReadOnlySpan<byte> utf8)
    {
        _utf8 = utf8;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = ManifestLimits.MaxDepth });
        _line = 1;
    }

    /// <returns>Null when the text is no JSON, which is then among the errors.</returns>
    public static ManifestNode? Read(string text, ErrorList errors)
    {
        var tree = new JsonTree(Encoding.UTF8.GetBytes(text));
        try
        {
            tree._reader.Read();
            var root = tree.ReadValue();
            tree._reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            errors.Add((int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1, "", $"this is no JSON: {Clean(e.Message)}");
            return null;
        }
    }

    private static string Clean(string message)
    {
        var position = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (position < 0 ? message : message[..position]).TrimEnd('.');
    }

    private ManifestNode ReadValue()
    {
        var (line, column) = Position();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadObject(line, column);
            case JsonTokenType.StartArray:
                var list = new SequenceNode(line, column);
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(ReadValue());
                }

                return list;
            case JsonTokenType.String:
                return new ScalarNode(ScalarKind.String, ReadString(), line, column);
            case JsonTokenType.Number:
                var text = Encoding.UTF8.GetString(_reader.ValueSpan);
                return new ScalarNode(text.AsSpan().ContainsAny('.', 'e', 'E') ? ScalarKind.Float : ScalarKind.Integer, text, line, column);
            case JsonTokenType.True or JsonTokenType.False:
                return new ScalarNode(ScalarKind.Bool, _reader.GetBoolean() ? "true" : "false", line, column);
            default:
                return new ScalarNode(ScalarKind.Null, "null", line, column);
        }
    }

    private MappingNode ReadObject(int line, int column)
    {
        var mapping = new MappingNode(line, column);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var (keyLine, keyColumn) = Position();
            var key = ReadString();
            _reader.Read();
            mapping.Add(new MappingEntry(key, keyLine, keyColumn, ReadValue()));
        }

        return mapping;
    }

    private readonly string ReadString()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException(e.Message, e);
        }
    }

    private (int Line, int Column) Position()
    {
        var target = (int)_reader.TokenStartIndex;
        for (; _countedTo < target; _countedTo++)
        {
            if (_utf8[_countedTo] == '\n')
            {
                _line++;
                _lineStart = _countedTo + 1;
            }
        }

        return (_line, target - _lineStart + 1);
    }
}
